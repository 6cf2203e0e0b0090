import type { CloudWatchEngine } from '../engines/cloudwatch.ts';
import type { DynamoDbEngine } from '../engines/dynamodb.ts';
import type { KinesisEngine } from '../engines/kinesis.ts';
import type { S3Engine } from '../engines/s3.ts';
import type { SecretsManagerEngine } from '../engines/secrets-manager.ts';
import type { StepFunctionsEngine } from '../engines/step-functions.ts';
import type { ApiKey, RestApi } from '../gateway/rest-api.ts';
import type { LambdaFunction } from '../lambda/lambda-function.ts';
import type { LogLine } from '../log-line.ts';

export const REGION = 'eu-west-1';
export const ACCOUNT_ID = '000000000000';

/** What the template's resources are made of, and what was made so far. */
export interface CloudParts {
  readonly dynamoDb: DynamoDbEngine;
  readonly kinesis: KinesisEngine;
  readonly s3: S3Engine;
  readonly secrets: SecretsManagerEngine;
  readonly cloudWatch: CloudWatchEngine;
  readonly stepFunctions: StepFunctionsEngine;
  /** `AWS_ENDPOINT_URL_…` and credentials, for every function. */
  readonly functionEnvironment: Readonly<Record<string, string>>;
  readonly functions: Map<string, { readonly logicalId: string; readonly target: LambdaFunction }>;
  readonly restApis: Map<string, RestApi>;
  readonly apiKeys: Map<string, ApiKey>;
  readonly log: (line: LogLine) => void;
  /** Run once every resource is made, in order: consumers of streams, schedules. */
  readonly onReady: (() => void)[];
  /** Run at the end, last made first. */
  readonly onStop: (() => Promise<void>)[];
}

export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}

/** The function that an ARN, an invocation URI of API Gateway, or a name means. */
export function functionNamed(parts: CloudParts, reference: string): LambdaFunction {
  const name = /function:([\w-]+)/u.exec(reference)?.[1] ?? reference;
  const found = parts.functions.get(name);
  if (found === undefined) throw new Error(`There is no function ${reference}`);
  return found.target;
}
