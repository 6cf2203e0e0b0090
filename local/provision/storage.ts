import * as z from 'zod';
import { generateSecretString } from '../engines/secrets-manager.ts';
import type { Provider } from '../template/deploy.ts';
import { arn, type CloudParts } from './cloud-parts.ts';

const keySchema = z.array(
  z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);
const tableProperties = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.string() }),
  ),
  KeySchema: keySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  TimeToLiveSpecification: z
    .strictObject({ AttributeName: z.string(), Enabled: z.boolean() })
    .optional(),
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.looseObject({}),
      }),
    )
    .optional(),
});
const bucketProperties = z.strictObject({ BucketName: z.string().optional() });
const secretProperties = z.strictObject({
  Name: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: z.unknown().optional(),
});

/** Tables, buckets and secrets. */
export function storageProviders(parts: CloudParts): Record<string, Provider> {
  return {
    'AWS::DynamoDB::Table': async ({ stack, logicalId, properties }) => {
      const { TableName, TimeToLiveSpecification, ...rest } = tableProperties.parse(properties);
      const name = TableName ?? physicalName(stack, logicalId);
      await parts.dynamoDb.call('CreateTable', { TableName: name, ...rest }).catch(ignoreExisting);
      if (TimeToLiveSpecification !== undefined) {
        await parts.dynamoDb.call('UpdateTimeToLive', { TableName: name, TimeToLiveSpecification });
      }
      return { ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
    },
    'AWS::S3::Bucket': async ({ stack, logicalId, properties }) => {
      const { BucketName } = bucketProperties.parse(properties);
      const name = BucketName ?? physicalName(stack, logicalId).toLowerCase();
      await parts.s3.createBucket(name);
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
    },
    'AWS::SecretsManager::Secret': async ({ stack, logicalId, properties }) => {
      const secret = secretProperties.parse(properties);
      const value = secret.SecretString ?? generateSecretString(secret.GenerateSecretString ?? {});
      return { ref: parts.secrets.create(secret.Name ?? physicalName(stack, logicalId), value) };
    },
  };
}

/** A name as CloudFormation would make one, without its random end: there is one stack of the name. */
export function physicalName(stack: string, logicalId: string): string {
  return `${stack}-${logicalId}`;
}

/** A table that a data folder already holds is the table. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
}
