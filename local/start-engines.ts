import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type CloudWatchEngine, startCloudWatchEngine } from './engines/cloudwatch.ts';
import { startDynamoDbEngine } from './engines/dynamodb.ts';
import type { PutExported } from './engines/dynamodb-export.ts';
import { EventBus } from './engines/event-bus.ts';
import { startKinesisEngine } from './engines/kinesis.ts';
import { type S3Engine, startS3Engine } from './engines/s3.ts';
import { startSchedulerEngine } from './engines/scheduler.ts';
import { startSecretsManagerEngine } from './engines/secrets-manager.ts';
import { startSnsEngine } from './engines/sns.ts';
import type { HistoryEvent } from './engines/step-functions/history.ts';
import { type StepFunctionsEngine, startStepFunctionsEngine } from './engines/step-functions.ts';
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

/** A bound that nobody waits for any more must not hold the process. */
const UNHELD = { ref: false };

type Keep = <T extends { stop(): Promise<void> }>(engine: T) => T;

/** Starts an engine for each service, on free ports of 127.0.0.1, and ties those together that call each other. */
export async function startEngines(options: EngineOptions): Promise<CloudParts> {
  const { region, directory, keepsData, log } = options;
  const keep: Keep = (engine) => {
    options.onStop(() => engine.stop());
    return engine;
  };
  const functions = new Functions();
  const eventBus = new EventBus({ region, accountId: ACCOUNT_ID });
  const stores = await startStores(options, keep, eventBus);
  const monitoring = await startMonitoring(options, keep);
  const workflows = await startWorkflows(options, keep, functions, {
    cloudWatch: monitoring.cloudWatch,
    s3: stores.s3,
  });
  connectBus(eventBus, workflows.stepFunctions, functions, log);
  return {
    region,
    ...stores,
    ...monitoring,
    ...workflows,
    eventBus,
    keptSecrets: new KeptSecrets(keepsData ? join(directory, 'secrets.json') : undefined),
    functions,
    endpoints: {
      AWS_ENDPOINT_URL_DYNAMODB: stores.dynamoDb.endpoint,
      AWS_ENDPOINT_URL_KINESIS: stores.kinesis.endpoint,
      AWS_ENDPOINT_URL_S3: stores.s3.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stores.secrets.endpoint,
      AWS_ENDPOINT_URL_SFN: workflows.stepFunctions.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: monitoring.cloudWatch.endpoint,
      AWS_ENDPOINT_URL_SNS: monitoring.sns.endpoint,
    },
    api: new ApiGatewayModel(),
    permissions: new Set(),
    consumers: [
      () => ({
        drain: (boundMs) => Promise.race([eventBus.settle(), pause(boundMs, undefined, UNHELD)]),
        stop: async () => {},
      }),
    ],
    log,
  };
}

async function startStores(
  { faults, directory, keepsData }: EngineOptions,
  keep: Keep,
  eventBus: EventBus,
) {
  const kept = keepsData ? { directory: join(directory, 'dynamodb') } : {};
  const s3 = keep(
    await startS3Engine({
      faults,
      directory: join(directory, 's3'),
      onCreated: (bucket, object, reason) => eventBus.objectCreated(bucket, object, reason),
    }),
  );
  const putExported: PutExported = (bucket, key, body) => s3.putObject(bucket, key, body);
  return {
    dynamoDb: keep(await startDynamoDbEngine({ faults, putExported, ...kept })),
    kinesis: keep(await startKinesisEngine({ faults })),
    s3,
    secrets: keep(await startSecretsManagerEngine({ faults })),
  };
}

async function startMonitoring({ region, log }: EngineOptions, keep: Keep) {
  const sns = keep(
    await startSnsEngine({
      onPublish: ({ subject, message }) => {
        if (!isFirstOk(message)) log({ kind: 'alarm', subject });
      },
    }),
  );
  const cloudWatch = keep(
    await startCloudWatchEngine({
      region,
      accountId: ACCOUNT_ID,
      publish: (topicArn, subject, message) => void sns.publish(topicArn, subject, message),
    }),
  );
  return { sns, cloudWatch };
}

async function startWorkflows(
  { region, faults, log, onStop }: EngineOptions,
  keep: Keep,
  functions: Functions,
  { cloudWatch, s3 }: { readonly cloudWatch: CloudWatchEngine; readonly s3: S3Engine },
) {
  const stepFunctions = keep(
    await startStepFunctionsEngine({
      s3Endpoint: s3.endpoint,
      faults,
      invokeLambda: (functionArn, payload) =>
        invokeForWorkflow({ functions }, functionArn, payload),
      onEvent: (event, execution) =>
        log({ kind: 'workflow', execution: execution.start.name, event: eventText(event) }),
      onMetric: ({ stateMachineArn, metricName, value, timestampMs }) => {
        const dimensions = { StateMachineArn: stateMachineArn };
        cloudWatch.put('AWS/States', metricName, dimensions, value, timestampMs);
      },
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
  onStop(async () => scheduler.stop());
  return { stepFunctions, scheduler };
}

/** Rules start machines and functions; what none takes is told. */
function connectBus(
  eventBus: EventBus,
  stepFunctions: StepFunctionsEngine,
  functions: Functions,
  log: EngineOptions['log'],
): void {
  eventBus.connect(
    async (arn, input) => {
      const target = functions.find(arn);
      if (target === undefined) stepFunctions.startExecution(arn, input);
      else await target.invokeAsynchronously(input);
    },
    (rule, error) => {
      const reason = error instanceof Error ? error.message : String(error);
      log({ kind: 'trouble', message: `The rule ${rule} could not reach its target: ${reason}` });
    },
  );
}

/** Every alarm is in order a moment after the start, which is no news. */
function isFirstOk(message: string): boolean {
  return (
    message.includes('"NewStateValue":"OK"') &&
    message.includes('"OldStateValue":"INSUFFICIENT_DATA"')
  );
}

function eventText({ type, details }: HistoryEvent): string {
  return typeof details?.name === 'string' ? `${type} ${details.name}` : type;
}
