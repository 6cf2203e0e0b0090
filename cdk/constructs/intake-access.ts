import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateStack } from '../stacks/state-stack.ts';
import { allow } from './node-function.ts';
import type { ObjectAccess } from './object-access.ts';

/** What a function needs through which events come in: lambdas/ingest/intake-services.ts. */
export interface IntakeAccess {
  readonly variables: Readonly<Record<string, string>>;
  readonly permissions: readonly PolicyStatement[];
  readonly objects: readonly ObjectAccess[];
}

/**
 * Events go on the stream or into quarantine, and what became of them into the inspector; identities are
 * hashed with the environment's secret. The configuration is read by key (sources and the like), as
 * a whole (the customer's own schemas), or both. `secrets` are those that the function reads beside.
 */
export function intakeAccess(
  { stream, buckets, tables, secrets }: StateStack,
  options: {
    readonly config?: readonly ('dynamodb:GetItem' | 'dynamodb:Query')[];
    readonly secrets?: readonly Secret[];
  } = {},
): IntakeAccess {
  const { config = ['dynamodb:GetItem', 'dynamodb:Query'], secrets: others = [] } = options;
  const secretArns = [secrets.identity, ...others].map(({ secretArn }) => secretArn);
  return {
    variables: {
      EVENTS_STREAM_NAME: stream.stream.streamName,
      QUARANTINE_BUCKET: buckets.quarantine.bucketName,
      CONFIG_TABLE: tables.config.tableName,
      INSPECTOR_TABLE: tables.inspector.tableName,
      IDENTITY_SECRET_ID: secrets.identity.secretArn,
    },
    permissions: [
      allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
      allow(config, [tables.config.tableArn]),
      allow(['dynamodb:BatchWriteItem'], [tables.inspector.tableArn]),
      allow(['secretsmanager:GetSecretValue'], secretArns),
    ],
    objects: [{ actions: ['s3:PutObject'], bucket: buckets.quarantine, prefix: 'quarantine/' }],
  };
}
