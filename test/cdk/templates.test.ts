import { describe, expect, it } from 'vitest';
import { onlyOf, resourcesOf, synthesizeAll, type Template } from './synthesized.ts';

const templates = synthesizeAll();
const state = stack('KindredState-dev');
const service = stack('Kindred-dev');
const both = [state, service];

function stack(name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no stack ${name}`);
  return template;
}

const COMMON_VARIABLES = [
  'ENVIRONMENT',
  'NODE_OPTIONS',
  'POWERTOOLS_LOG_LEVEL',
  'POWERTOOLS_METRICS_NAMESPACE',
  'POWERTOOLS_SERVICE_NAME',
];
/** What answers ESPs and readers counts as one. */
const SERVING = new Set(['Serve', 'Blocks', 'OpenTime', 'Click']);
const WORKFLOW_VARIABLES = ['LAKE_BUCKET', 'MODELS_BUCKET', 'CATALOGUE_TABLE', 'CONFIG_TABLE'];
const SEARCH_VARIABLES = [
  'PRIVACY_BUCKET',
  'LAKE_BUCKET',
  'QUARANTINE_BUCKET',
  'FAILURES_BUCKET',
  'DROP_BUCKET',
  'IDENTITY_SECRET_ID',
];
const RECOMMEND_VARIABLES = [
  'PROFILES_TABLE',
  'IDENTITIES_TABLE',
  'CATALOGUE_TABLE',
  'CONFIG_TABLE',
  'MODELS_BUCKET',
  'IDENTITY_SECRET_ID',
  'CLICK_SECRET_ID',
  'CUSTOMER_READ_MS',
  'FIRST_MODEL_MS',
  'EVENTS_STREAM_NAME',
  'CLICK_HOSTS',
  'CLICK_DAYS_MAX',
];
const VARIABLES: Record<string, string[]> = {
  Collect: [
    'EVENTS_STREAM_NAME',
    'QUARANTINE_BUCKET',
    'CONFIG_TABLE',
    'INSPECTOR_TABLE',
    'IDENTITY_SECRET_ID',
    'WRITE_KEY_SECRET_ID',
  ],
  Webhooks: [
    'EVENTS_STREAM_NAME',
    'QUARANTINE_BUCKET',
    'CONFIG_TABLE',
    'INSPECTOR_TABLE',
    'DEDUPE_TABLE',
    'IDENTITY_SECRET_ID',
    'SOURCE_SECRETS_ID',
  ],
  Currents: [
    'EVENTS_STREAM_NAME',
    'QUARANTINE_BUCKET',
    'CONFIG_TABLE',
    'INSPECTOR_TABLE',
    'IDENTITY_SECRET_ID',
  ],
  ImportPlan: ['DROP_BUCKET', 'CONFIG_TABLE'],
  ImportSplit: ['DROP_BUCKET'],
  ImportChunk: [
    'DROP_BUCKET',
    'CATALOGUE_TABLE',
    'EVENTS_STREAM_NAME',
    'QUARANTINE_BUCKET',
    'CONFIG_TABLE',
    'INSPECTOR_TABLE',
    'IDENTITY_SECRET_ID',
  ],
  ImportManifest: ['DROP_BUCKET'],
  Enrich: [
    'PROFILES_TABLE',
    'IDENTITIES_TABLE',
    'DEDUPE_TABLE',
    'CATALOGUE_TABLE',
    'FAILURES_BUCKET',
    'INSPECTOR_TABLE',
    'CONFIG_TABLE',
    'PROFILE_RETENTION_DAYS',
  ],
  Sweep: ['PROFILES_TABLE', 'EVENTS_STREAM_NAME', 'CART_WINDOW_MINUTES'],
  Compact: ['LAKE_BUCKET'],
  Analyse: ['LAKE_BUCKET', 'CONFIG_TABLE', 'IDENTITIES_TABLE', 'ANALYSIS_DISK_MB'],
  Audit: ['LAKE_BUCKET', 'CONFIG_TABLE', 'CATALOGUE_TABLE', 'PROFILES_TABLE', 'AUDIT_DISK_MB'],
  Pull: [
    'EVENTS_STREAM_NAME',
    'QUARANTINE_BUCKET',
    'CATALOGUE_TABLE',
    'CONFIG_TABLE',
    'INSPECTOR_TABLE',
    'IDENTITY_SECRET_ID',
    'SOURCE_SECRETS_ID',
  ],
  Schemas: [],
  Serve: RECOMMEND_VARIABLES,
  Blocks: RECOMMEND_VARIABLES,
  OpenTime: [...RECOMMEND_VARIABLES, 'SHOWN_TABLE'],
  Click: ['EVENTS_STREAM_NAME', 'CLICK_SECRET_ID', 'CLICK_HOSTS'],
  Authorize: ['TOKEN_SECRET_ID', 'API_KEY_SECRET_ID'],
  ExportProfiles: [...WORKFLOW_VARIABLES, 'PROFILES_TABLE_ARN'],
  Snapshot: [...WORKFLOW_VARIABLES, 'SNAPSHOT_DISK_MB'],
  Check: WORKFLOW_VARIABLES,
  Train: WORKFLOW_VARIABLES,
  TaskCandidate: WORKFLOW_VARIABLES,
  ImportModel: WORKFLOW_VARIABLES,
  Evaluate: WORKFLOW_VARIABLES,
  Operate: [
    'QUARANTINE_BUCKET',
    'REPLAY_STATE_MACHINE_ARN',
    'INSPECTOR_TABLE',
    'LAKE_BUCKET',
    'MODELS_BUCKET',
    'PRIVACY_BUCKET',
    'IDENTITIES_TABLE',
    'PROFILES_TABLE',
    'CONFIG_TABLE',
    'ERASE_STATE_MACHINE_ARN',
    'EXPORT_STATE_MACHINE_ARN',
    'EXPORT_RECOMMENDATIONS_STATE_MACHINE_ARN',
    'IDENTITY_SECRET_ID',
    'CERTIFICATE_SECRET_ID',
  ],
  Preview: [
    'PROFILES_TABLE',
    'IDENTITIES_TABLE',
    'CATALOGUE_TABLE',
    'CONFIG_TABLE',
    'MODELS_BUCKET',
    'IDENTITY_SECRET_ID',
  ],
  EraseBegin: ['PRIVACY_BUCKET', 'IDENTITIES_TABLE', 'PROFILES_TABLE'],
  EraseUnit: [...SEARCH_VARIABLES, 'DEDUPE_TABLE'],
  EraseEnd: ['PRIVACY_BUCKET', 'INSPECTOR_TABLE', 'CERTIFICATE_SECRET_ID'],
  ExportStep: SEARCH_VARIABLES,
  ExportLists: [...WORKFLOW_VARIABLES, 'PROFILES_TABLE', 'IDENTITIES_TABLE'],
  Replay: [
    'EVENTS_STREAM_NAME',
    'QUARANTINE_BUCKET',
    'LAKE_BUCKET',
    'FAILURES_BUCKET',
    'CONFIG_TABLE',
    'IDENTITY_SECRET_ID',
  ],
  Publish: WORKFLOW_VARIABLES,
  Retain: [...WORKFLOW_VARIABLES, 'MODELS_KEPT_MAX', 'MODELS_KEPT_DAYS_MIN'],
};

describe('the functions', () => {
  const functions = resourcesOf(service, 'AWS::Lambda::Function');

  it('are the ones that the data flow has, by their bare names', () => {
    expect(functions.map(([id]) => id).sort()).toEqual(Object.keys(VARIABLES).sort());
  });

  it('run on Node 24 and arm64, but for those with native parts, traced, each with its own log', () => {
    for (const [id, { Properties }] of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: [['Analyse', 'Audit', 'Snapshot'].includes(id) ? 'x86_64' : 'arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.any(String) } },
      });
    }
    const logs = new Set(
      functions.map(([, { Properties }]) => Properties.LoggingConfig.LogGroup.Ref),
    );
    expect(logs.size).toBe(functions.length);
  });

  it.each(Object.entries(VARIABLES))('%s gets exactly its variables', (id, names) => {
    const variables = service.Resources[id]!.Properties.Environment.Variables;
    expect(Object.keys(variables).sort()).toEqual([...COMMON_VARIABLES, ...names].sort());
    expect(variables).toMatchObject({
      ENVIRONMENT: 'dev',
      POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
      POWERTOOLS_SERVICE_NAME: SERVING.has(id) ? 'serve' : id.toLowerCase(),
      NODE_OPTIONS: '--enable-source-maps',
    });
  });
});

describe('permissions', () => {
  const statements = both.flatMap((template) =>
    resourcesOf(template, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      Properties.PolicyDocument.Statement.map((statement: Record<string, unknown>) => ({
        id,
        ...statement,
      })),
    ),
  );

  it('name every action', () => {
    for (const { Action } of statements) expect([Action].flat().join()).not.toContain('*');
  });

  it('reach any resource only for tracing and log delivery, which know no narrower one', () => {
    const unbounded = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
    for (const { Action } of unbounded) {
      expect([Action].flat().join()).toMatch(
        /^(xray:\w+|logs:(\w*LogDelivery|ListLogDeliveries|\w+ResourcePolic(y|ies)|DescribeLogGroups))(,(xray:\w+|logs:\w+))*$/,
      );
    }
  });

  it('reach objects only below a prefix', () => {
    const wildcards = statements
      .filter(({ Resource }) => ![Resource].flat().includes('*'))
      .flatMap(({ Resource }) => JSON.stringify(Resource).match(/[^"]*\*[^"]*/g) ?? []);
    expect(new Set(wildcards)).toEqual(
      new Set([
        '/quarantine/*',
        '/replayed/*',
        '/replays/*',
        '/poison/*',
        '/identities/*',
        '/aws/lambda/*',
        '/identities/*',
        '/raw/*',
        '/errors/*',
        '/compaction/*',
        '/quality/*',
        '/experiments/*',
        '/curated/*',
        '/curated/events/*',
        '/curated/event_products/*',
        '/exports/*',
        '/export-work/*',
        '/model-imports/*',
        '/erasures/*',
        '/certificates/*',
        '/snapshots/*',
        '/snapshot-days/*',
        '/snapshot-exports/*',
        '/snapshot-facts/*',
        '/export/*',
        '/models/*',
        '/drop/*',
        '/currents/*',
        '/manifests/*',
        '/rejects/*',
        '/work/*',
        '/ledger/*',
        '/feeds/*',
        // The executions that maps start.
        '/*',
      ]),
    );
  });

  it('of the API exclude writing anything but own events, logs and traces', () => {
    const serve = statements.filter(({ id }) => /(Serve|Authorize)Role/.test(id));
    const actions = serve.flatMap(({ Action }) => Action).sort();
    expect([...new Set(actions)]).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      // Kindred's own events, of what an answer has shown.
      'kinesis:PutRecord',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:ListBucket',
      'secretsmanager:GetSecretValue',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });
});

describe('data at rest', () => {
  it('is encrypted, and recoverable where it is the only copy', () => {
    const tables = resourcesOf(state, 'AWS::DynamoDB::Table');
    expect(tables).toHaveLength(7);
    for (const [, { Properties }] of tables) {
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
    expect(onlyOf(state, 'AWS::Kinesis::Stream').Properties).toMatchObject({
      StreamEncryption: { EncryptionType: 'KMS' },
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    });
    for (const [, { Properties }] of resourcesOf(state, 'AWS::S3::Bucket')) {
      expect(Properties.BucketEncryption).toBeDefined();
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });

  it('of profiles, and of what was deduplicated or inspected, expires by itself', () => {
    const ttl = resourcesOf(state, 'AWS::DynamoDB::Table').flatMap(([id, { Properties }]) =>
      Properties.TimeToLiveSpecification === undefined ? [] : [[id, Properties]],
    );
    const keys = ttl.map(([, properties]) => properties.KeySchema[0].AttributeName);
    expect(keys.sort()).toEqual(['key', 'key', 'profileId', 'source']);
    for (const [, properties] of ttl) {
      expect(properties.TimeToLiveSpecification).toEqual({
        AttributeName: 'expiresAt',
        Enabled: true,
      });
    }
  });

  it('outlives its stack in production and goes with it in development', () => {
    const holdsData = /^AWS::(DynamoDB::Table|S3::Bucket|Kinesis::Stream|SecretsManager::Secret)$/;
    const policies = (template: Template) => [
      ...new Set(
        Object.values(template.Resources)
          .filter(({ Type }) => holdsData.test(Type))
          .map(({ DeletionPolicy }) => DeletionPolicy),
      ),
    ];
    expect(policies(stack('KindredState-prod'))).toEqual(['Retain']);
    expect(policies(state)).toEqual(['Delete']);
    for (const [, { Properties }] of resourcesOf(
      stack('KindredState-prod'),
      'AWS::DynamoDB::Table',
    )) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
    }
  });
});

describe('the stream', () => {
  it('reaches the enricher with every bound that keeps a bad record from blocking it', () => {
    const mapping = onlyOf(service, 'AWS::Lambda::EventSourceMapping').Properties;
    expect(mapping).toMatchObject({
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: expect.any(Number),
      MaximumRecordAgeInSeconds: 21_600,
      MetricsConfig: { Metrics: ['EventCount'] },
    });
    expect(JSON.stringify(mapping.DestinationConfig)).toContain('BucketsFailures');
  });

  it('reaches the lake gzipped, by day of arrival and source', () => {
    const delivery = onlyOf(service, 'AWS::KinesisFirehose::DeliveryStream').Properties;
    expect(delivery.ExtendedS3DestinationConfiguration).toMatchObject({
      CompressionFormat: 'GZIP',
      Prefix: 'raw/day=!{timestamp:yyyy-MM-dd}/source=!{partitionKeyFromQuery:source}/',
    });
  });
});
