import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SFNClient } from '@aws-sdk/client-sfn';

/** What the operators' routes work with; made once per process. */
export interface OperatorServices {
  readonly dynamoDb: DynamoDBClient;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  /** Names of tables, buckets and state machines, by the function's environment variable. */
  readonly setting: (name: string) => string;
  readonly nowMs: () => number;
}
