import * as z from 'zod';
import {
  generateSecretString,
  generateSecretStringOptions,
} from '../engines/generate-secret-string.ts';
import { type ResourceKind, resourceKind } from '../template/resource-kind.ts';
import { TemplateError } from '../template/template-error.ts';
import { arnOf, type CloudParts } from './cloud-parts.ts';

const keySchema = z.array(
  z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);
const index = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});
const table = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  TimeToLiveSpecification: z
    .strictObject({ AttributeName: z.string(), Enabled: z.boolean() })
    .optional(),
  PointInTimeRecoverySpecification: z
    .strictObject({ PointInTimeRecoveryEnabled: z.boolean() })
    .optional(),
});

const stream = z.strictObject({
  Name: z.string().optional(),
  ShardCount: z.coerce.number().int().min(1).optional(),
  StreamModeDetails: z
    .strictObject({ StreamMode: z.enum(['ON_DEMAND', 'PROVISIONED']) })
    .optional(),
});

const bucket = z.strictObject({
  BucketName: z.string().optional(),
  NotificationConfiguration: z
    .strictObject({
      EventBridgeConfiguration: z.strictObject({ EventBridgeEnabled: z.literal(true) }),
    })
    .optional(),
});

const secret = z.strictObject({
  Name: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: generateSecretStringOptions.optional(),
});

/** S3 allows 63 characters. */
const BUCKET_NAME_LENGTH_MAX = 63;

/** Where data lies: tables, streams, buckets and secrets. */
export function storeKinds(parts: CloudParts): ResourceKind[] {
  return [
    ...['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'].map((type) =>
      resourceKind(type, table, async (properties, { physicalName }) => {
        const name = properties.TableName ?? physicalName;
        await makeTable(parts, name, properties);
        return { ref: name, attributes: { Arn: arnOf(parts, 'dynamodb', `table/${name}`) } };
      }),
    ),
    resourceKind('AWS::Kinesis::Stream', stream, ({ Name, ShardCount }, { physicalName }) => {
      const name = Name ?? physicalName;
      parts.kinesis.createStream(name, ShardCount);
      return { ref: name, attributes: { Arn: arnOf(parts, 'kinesis', `stream/${name}`) } };
    }),
    resourceKind('AWS::S3::Bucket', bucket, async (properties, { physicalName }) => {
      const name =
        properties.BucketName ?? physicalName.toLowerCase().slice(0, BUCKET_NAME_LENGTH_MAX);
      await parts.s3.createBucket(name);
      if (properties.NotificationConfiguration !== undefined) parts.eventBus.watchBucket(name);
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
    }),
    resourceKind('AWS::SecretsManager::Secret', secret, (properties, { physicalName }) => {
      const { SecretString, GenerateSecretString } = properties;
      const name = properties.Name ?? physicalName;
      const value =
        SecretString ??
        parts.keptSecrets.get(name, () => generateSecretString(GenerateSecretString ?? {}));
      const arn = parts.secrets.create(name, value);
      return { ref: arn, attributes: { Id: arn } };
    }),
  ];
}

async function makeTable(
  { dynamoDb }: CloudParts,
  name: string,
  {
    TimeToLiveSpecification,
    PointInTimeRecoverySpecification,
    TableName: _,
    ...properties
  }: z.infer<typeof table>,
): Promise<void> {
  try {
    await dynamoDb.call('CreateTable', {
      ...properties,
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
    await requireSameKeys(dynamoDb, name, properties.KeySchema);
  }
  await untilActive(dynamoDb, name);
  if (TimeToLiveSpecification !== undefined) {
    await dynamoDb.call('UpdateTimeToLive', { TableName: name, TimeToLiveSpecification });
  }
  if (PointInTimeRecoverySpecification !== undefined) {
    const backups = { TableName: name, PointInTimeRecoverySpecification };
    await dynamoDb.call('UpdateContinuousBackups', backups);
  }
}

const tableStatus = z.object({ Table: z.object({ TableStatus: z.string() }) });

/** A table is made some moments after it is asked for; CloudFormation waits too. */
async function untilActive(dynamoDb: CloudParts['dynamoDb'], name: string): Promise<void> {
  for (;;) {
    const { Table } = tableStatus.parse(await dynamoDb.call('DescribeTable', { TableName: name }));
    if (Table.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Kept data fits only a table of the same keys. */
async function requireSameKeys(
  dynamoDb: CloudParts['dynamoDb'],
  name: string,
  expected: z.infer<typeof keySchema>,
): Promise<void> {
  const described = await dynamoDb.call('DescribeTable', { TableName: name });
  const found = z.looseObject({ Table: z.looseObject({ KeySchema: keySchema }) }).parse(described);
  if (JSON.stringify(found.Table.KeySchema) === JSON.stringify(expected)) return;
  throw new TemplateError(
    'the kept data has a table of other keys. Choose another folder with --data, or delete it.',
  );
}
