import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  EventSourceMapping,
  type Function as LambdaFunction,
  MetricType,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { OtherStreamMapping } from './other-stream-mapping.ts';

export interface EnricherProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** A batch of profiles with retries against a slow table; a batch that takes longer is bisected. */
const TIMEOUT_S = 60;

/** The key under which Lambda itself writes abandoned batches. */
const ABANDONED_PREFIX = 'aws/lambda/';

/** Folds the stream's events into profiles, each exactly once in effect. */
export class Enricher extends Construct {
  readonly function: LambdaFunction;
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, props: EnricherProps) {
    super(scope, id);
    const { defaults, state } = props;
    const { buckets, tables } = state;
    const enrich = new NodeFunction(this, 'Enrich', {
      defaults,
      entry: 'lambdas/enrich/enrich.ts',
      description: 'Folds events into profiles: dedupe, identity, profile, catalogue',
      memoryMb: defaults.environment.memoryMb.enrich,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        PROFILES_TABLE: tables.profiles.tableName,
        IDENTITIES_TABLE: tables.identities.tableName,
        DEDUPE_TABLE: tables.dedupe.tableName,
        CATALOGUE_TABLE: tables.catalogue.tableName,
        INSPECTOR_TABLE: tables.inspector.tableName,
        CONFIG_TABLE: tables.config.tableName,
        FAILURES_BUCKET: buckets.failures.bucketName,
        PROFILE_RETENTION_DAYS: String(defaults.environment.privacy.profileRetentionDays),
      },
      permissions: permissionsOf(state),
      // Poison records and refused identities are written by the function, abandoned batches by Lambda
      // in its name.
      objects: ['poison/', 'identities/', ABANDONED_PREFIX].map((prefix) => ({
        actions: ['s3:PutObject'],
        bucket: buckets.failures,
        prefix,
      })),
    });
    this.function = enrich.function;
    this.mapping = this.mapStream(props);
    const { from } = defaults.environment.enrich;
    if (from !== undefined) {
      new OtherStreamMapping(this, 'FromOtherStream', { defaults, state, from, enrich });
    }
  }

  /**
   * The mapping's defaults would retry a bad batch until the stream forgets it. Here a batch is
   * bisected, retried a bounded number of times, and then written whole to the failures bucket.
   */
  private mapStream({ defaults, state }: EnricherProps): EventSourceMapping {
    const { enrich } = defaults.environment;
    const destination = { destination: state.buckets.failures.bucketArn };
    return new EventSourceMapping(this, 'FromStream', {
      target: this.function,
      eventSourceArn: state.stream.stream.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: enrich.batchSize,
      maxBatchingWindow: Duration.seconds(enrich.batchingWindowSeconds),
      parallelizationFactor: enrich.parallelizationFactor,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: enrich.retryAttempts,
      maxRecordAge: Duration.hours(enrich.recordAgeHoursMax),
      onFailure: { bind: () => destination },
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
  }
}

/** Of the configuration it reads which types traits have, and nothing else. */
function readTraitTypes(configTableArn: string): PolicyStatement {
  const statement = allow(['dynamodb:GetItem'], [configTableArn]);
  statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:LeadingKeys': ['traitTypes'] });
  return statement;
}

function permissionsOf({ buckets, stream, tables }: StateStack): PolicyStatement[] {
  return [
    allow(
      ['dynamodb:BatchGetItem'],
      [tables.profiles, tables.identities, tables.catalogue].map((table) => table.tableArn),
    ),
    // Conditional puts, alone or in a transaction, are nearly all that it writes.
    allow(
      ['dynamodb:PutItem'],
      [tables.profiles, tables.identities, tables.dedupe, tables.catalogue].map(
        (table) => table.tableArn,
      ),
    ),
    // Of a merged profile its cold item goes, in the transaction that leaves the tombstone.
    allow(['dynamodb:DeleteItem'], [tables.profiles.tableArn]),
    allow(['dynamodb:BatchWriteItem'], [tables.inspector.tableArn]),
    readTraitTypes(tables.config.tableArn),
    // Lambda checks the destination with it before it creates the mapping.
    allow(['s3:ListBucket'], [buckets.failures.bucketArn]),
    allow(
      [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      [stream.stream.streamArn],
    ),
  ];
}
