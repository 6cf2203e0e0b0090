import type { CloudWatchEngine } from '../engines/cloudwatch.ts';
import type { DynamoDbEngine } from '../engines/dynamodb.ts';
import type { EventBus } from '../engines/event-bus.ts';
import type { KinesisEngine } from '../engines/kinesis.ts';
import type { S3Engine } from '../engines/s3.ts';
import type { SchedulerEngine } from '../engines/scheduler.ts';
import type { SecretsManagerEngine } from '../engines/secrets-manager.ts';
import type { SnsEngine } from '../engines/sns.ts';
import type { StepFunctionsEngine } from '../engines/step-functions.ts';
import type { ApiGatewayModel } from '../gateway/rest-api.ts';
import type { Functions } from '../lambda/functions.ts';
import type { LogLine } from '../log-line.ts';
import type { KeptSecrets } from './kept-secrets.ts';

/** There is one account on this machine, and no real one has this number. */
export const ACCOUNT_ID = '000000000000';

/** The running engines and what the template's resources add to them. */
export interface CloudParts {
  readonly region: string;
  readonly dynamoDb: DynamoDbEngine;
  readonly kinesis: KinesisEngine;
  readonly s3: S3Engine;
  readonly secrets: SecretsManagerEngine;
  readonly keptSecrets: KeptSecrets;
  readonly stepFunctions: StepFunctionsEngine;
  readonly cloudWatch: CloudWatchEngine;
  readonly sns: SnsEngine;
  readonly scheduler: SchedulerEngine;
  readonly eventBus: EventBus;
  readonly functions: Functions;
  /** `AWS_ENDPOINT_URL_<SERVICE>` of the engines, for the functions. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly api: ApiGatewayModel;
  /** Pairs of function ARN and service that may invoke it. */
  readonly permissions: Set<string>;
  /** What reads streams or a clock: started when everything is made. */
  readonly consumers: ConsumerStart[];
  readonly log: (line: LogLine) => void;
}

export type ConsumerStart = () => Consumer;

export interface Consumer {
  /** Finishes what has been acknowledged, at most so long. */
  drain(boundMs: number): Promise<void>;
  stop(): Promise<void>;
}

export function arnOf(
  parts: Pick<CloudParts, 'region'>,
  service: string,
  resource: string,
): string {
  return `arn:aws:${service}:${parts.region}:${ACCOUNT_ID}:${resource}`;
}

/** The name of the resource at the end of an ARN, after its type. */
export function nameInArn(arn: string): string {
  return arn.split(/[:/]/u).at(-1) ?? '';
}

/** Counts one value now. */
export function putMetric(
  { cloudWatch }: Pick<CloudParts, 'cloudWatch'>,
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  value: number,
): void {
  cloudWatch.put(namespace, name, dimensions, value, Date.now());
}
