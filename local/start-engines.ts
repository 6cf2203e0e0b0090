import { join } from 'node:path';
import { startCloudWatchEngine } from './engines/cloudwatch.ts';
import { startDynamoDbEngine } from './engines/dynamodb.ts';
import { startKinesisEngine } from './engines/kinesis.ts';
import { startS3Engine } from './engines/s3.ts';
import { startSchedulerEngine } from './engines/scheduler.ts';
import { startSecretsManagerEngine } from './engines/secrets-manager.ts';
import { startSnsEngine } from './engines/sns.ts';
import type { HistoryEvent } from './engines/step-functions/history.ts';
import { startStepFunctionsEngine } from './engines/step-functions.ts';
import type { Faults } from './faults.ts';
import { ApiGatewayModel } from './gateway/rest-api.ts';
import { Functions } from './lambda/functions.ts';
import type { LogLine } from './log-line.ts';
import { ACCOUNT_ID, type CloudParts } from './provision/cloud-parts.ts';
import { KeptSecrets } from './provision/kept-secrets.ts';
import { invokeForWorkflow } from './provision/workflows.ts';

export interface EngineOptions {
  readonly region: string;
  readonly faults: Faults;
  /** Objects always lie here, under `s3`; tables and secrets too where the data is kept. */
  readonly directory: string;
  readonly keepsData: boolean;
  readonly log: (line: LogLine) => void;
  /** Takes what ends each engine, as it starts, so that a failed start ends what had begun. */
  readonly onStop: (stop: () => Promise<void>) => void;
}

/** Starts an engine for each service, on free ports of 127.0.0.1, and ties those together that call each other. */
export async function startEngines(options: EngineOptions): Promise<CloudParts> {
  const { region, faults, directory, keepsData, log } = options;
  const started = <T extends { stop(): Promise<void> }>(engine: T): T => {
    options.onStop(() => engine.stop());
    return engine;
  };
  const functions = new Functions();
  const dynamoDb = started(
    await startDynamoDbEngine({
      faults,
      ...(keepsData ? { directory: join(directory, 'dynamodb') } : {}),
    }),
  );
  const kinesis = started(await startKinesisEngine({ faults }));
  const s3 = started(await startS3Engine({ faults, directory: join(directory, 's3') }));
  const secrets = started(await startSecretsManagerEngine({ faults }));
  const sns = started(
    await startSnsEngine({ onPublish: ({ subject }) => log({ kind: 'alarm', subject }) }),
  );
  const cloudWatch = started(
    await startCloudWatchEngine({
      region,
      accountId: ACCOUNT_ID,
      publish: (topicArn, subject, message) => void sns.publish(topicArn, subject, message),
    }),
  );
  const stepFunctions = started(
    await startStepFunctionsEngine({
      invokeLambda: (functionArn, payload) =>
        invokeForWorkflow({ functions }, functionArn, payload),
      onEvent: (event, execution) =>
        log({ kind: 'workflow', execution: execution.start.name, event: eventText(event) }),
      onMetric: ({ stateMachineArn, metricName, value, timestampMs }) =>
        cloudWatch.put(
          'AWS/States',
          metricName,
          { StateMachineArn: stateMachineArn },
          value,
          timestampMs,
        ),
    }),
  );
  const scheduler = startSchedulerEngine({
    region,
    accountId: ACCOUNT_ID,
    startExecution: async (arn, input) => stepFunctions.startExecution(arn, input),
    invokeFunction: async (arn, input) => functions.find(arn)?.invokeAsynchronously(input),
    onRun: ({ schedule, outcome }) =>
      log({
        kind: 'schedule',
        name: schedule,
        event: outcome.kind === 'started' ? 'started' : `failed: ${outcome.reason}`,
      }),
  });
  options.onStop(async () => scheduler.stop());
  return {
    region,
    dynamoDb,
    kinesis,
    s3,
    secrets,
    keptSecrets: new KeptSecrets(keepsData ? join(directory, 'secrets.json') : undefined),
    stepFunctions,
    cloudWatch,
    sns,
    scheduler,
    functions,
    endpoints: {
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_SFN: stepFunctions.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
      AWS_ENDPOINT_URL_SNS: sns.endpoint,
    },
    api: new ApiGatewayModel(),
    permissions: new Set(),
    consumers: [],
    log,
  };
}

function eventText({ type, details }: HistoryEvent): string {
  return typeof details?.name === 'string' ? `${type} ${details.name}` : type;
}
