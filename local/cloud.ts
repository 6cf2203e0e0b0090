import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloudWatchEngine } from './engines/cloudwatch.ts';
import { startDynamoDbEngine } from './engines/dynamodb.ts';
import type { Engine } from './engines/json-service.ts';
import { startKinesisEngine } from './engines/kinesis.ts';
import { startS3Engine } from './engines/s3.ts';
import { startSecretsManagerEngine } from './engines/secrets-manager.ts';
import { startStepFunctionsEngine } from './engines/step-functions.ts';
import { Faults } from './faults.ts';
import { type Gateway, startGateway } from './gateway/gateway.ts';
import type { LogLine } from './log-line.ts';
import { apiProviders } from './provision/api.ts';
import { ACCOUNT_ID, type CloudParts, REGION } from './provision/cloud-parts.ts';
import { functionProviders, invokeForStateMachine } from './provision/functions.ts';
import { monitoringProviders } from './provision/monitoring.ts';
import { scheduleProviders } from './provision/schedules.ts';
import { storageProviders } from './provision/storage.ts';
import { streamProviders } from './provision/streams.ts';
import { readAssembly } from './template/assembly.ts';
import { deploy } from './template/deploy.ts';

export interface LocalCloudOptions {
  /** Folder of the cloud assembly that `cdk synth` wrote, of one environment. */
  readonly assemblyDirectory: string;
  /** Port of the API; a free one when 0 or left out. */
  readonly port?: number;
  /** Keeps tables and objects in this folder; left out, they end with the process. */
  readonly dataDirectory?: string;
  readonly log?: (line: LogLine) => void;
}

/** Where everything is, for programs. */
export interface LocalConnection {
  readonly collector: string;
  readonly writeKey: string;
  readonly api: string;
  readonly apiKey: string;
  /** Endpoint per AWS service. */
  readonly aws: Readonly<Record<string, string>>;
  readonly region: string;
  /** The stacks' outputs. */
  readonly resources: Readonly<Record<string, string>>;
}

/** The synthesized template, running on this machine. */
export interface LocalCloud {
  readonly connection: LocalConnection;
  readonly faults: Faults;
  readonly functions: {
    /** SIGKILLs the processes of the function with this logical id. */
    kill(logicalId: string): void;
    /** Resident memory of all functions' processes. */
    memoryBytes(): Promise<number>;
  };
  alarms(): { name: string; state: string }[];
  stop(): Promise<void>;
}

/** Anything goes: nobody checks signatures on this machine. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/**
 * Runs the stacks of a cloud assembly: engines first, then every resource of the template, then what
 * consumes streams, then the API.
 * @throws Error for a resource type or property that isn't understood, and PortTakenError.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const log = options.log ?? (() => undefined);
  const directory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'kindred-cloud-')));
  const onStop: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    faults.liftAll();
    for (const end of onStop.splice(0).reverse()) await end();
  };
  const faults = new Faults();
  if (options.dataDirectory === undefined) {
    onStop.push(() => rm(directory, { recursive: true, force: true }));
  }
  try {
    const parts = await startParts(options, directory, faults, log, onStop);
    const outputs = await deploy(await readAssembly(options.assemblyDirectory), {
      providers: providersOf(parts),
      pseudoParameters: pseudoParameters(),
      dynamicReference: (reference) => secretReference(parts, reference),
    });
    const gateway = await startApi(parts, options.port ?? 0);
    onStop.push(() => gateway.stop());
    for (const start of parts.onReady) start();
    return {
      connection: connectionOf(parts, gateway, outputs),
      faults,
      functions: {
        kill: (logicalId) => killFunction(parts, logicalId),
        memoryBytes: () => memoryOf(parts),
      },
      alarms: () => {
        parts.cloudWatch.evaluateAlarms(Date.now());
        return parts.cloudWatch.alarms();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: LocalCloudOptions,
  directory: string,
  faults: Faults,
  log: (line: LogLine) => void,
  onStop: (() => Promise<void>)[],
): Promise<CloudParts> {
  const keep = <E extends Engine>(engine: E): E => {
    onStop.push(() => engine.stop());
    return engine;
  };
  await mkdir(join(directory, 's3'), { recursive: true });
  const persistent =
    options.dataDirectory === undefined ? {} : { directory: join(directory, 'dynamodb') };
  const dynamoDb = keep(await startDynamoDbEngine({ faults, ...persistent }));
  const kinesis = keep(await startKinesisEngine({ faults }));
  const s3 = keep(await startS3Engine({ faults, directory: join(directory, 's3') }));
  const secrets = keep(await startSecretsManagerEngine({ faults }));
  const cloudWatch = keep(
    await startCloudWatchEngine({
      onAlarm: ({ name, description }, state) =>
        log({
          source: 'alarm',
          text: `${name} is ${state}. ${state === 'ALARM' ? description : ''}`,
        }),
    }),
  );
  const stepFunctions = keep(
    await startStepFunctionsEngine({
      invokeLambda: (functionArn, payload) => invokeForStateMachine(parts, functionArn, payload),
      onEvent: ({ type, details }, execution) =>
        log({
          source: 'workflow',
          text: `${execution.start.machine.name}: ${type} ${details?.name ?? ''}`,
        }),
      onMetric: ({ metricName, stateMachineArn, value, timestampMs }) =>
        cloudWatch.metrics.put(
          {
            namespace: 'AWS/States',
            name: metricName,
            dimensions: { StateMachineArn: stateMachineArn },
          },
          value,
          timestampMs,
        ),
    }),
  );
  const parts: CloudParts = {
    dynamoDb,
    kinesis,
    s3,
    secrets,
    cloudWatch,
    stepFunctions,
    functionEnvironment: {
      ...CREDENTIALS,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      AWS_ENDPOINT_URL_SFN: stepFunctions.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
    },
    functions: new Map(),
    restApis: new Map(),
    apiKeys: new Map(),
    log,
    onReady: [],
    onStop,
  };
  return parts;
}

function providersOf(parts: CloudParts) {
  return {
    ...storageProviders(parts),
    ...streamProviders(parts),
    ...functionProviders(parts),
    ...apiProviders(parts),
    ...monitoringProviders(parts),
    ...scheduleProviders(parts),
  };
}

function pseudoParameters(): Record<string, string> {
  return {
    'AWS::Region': REGION,
    'AWS::AccountId': ACCOUNT_ID,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackId': 'local',
  };
}

/** `resolve:secretsmanager:<id>:SecretString:::`, where the id may be an ARN with colons of its own. */
function secretReference(parts: CloudParts, reference: string): string {
  const id = /^resolve:secretsmanager:(.+?):SecretString:{0,3}$/u.exec(reference)?.[1];
  if (id === undefined) throw new Error(`The local cloud does not understand {{${reference}}}`);
  return parts.secrets.value(id);
}

async function startApi(parts: CloudParts, port: number): Promise<Gateway> {
  const [api, ...others] = [...parts.restApis.values()];
  if (api === undefined || others.length > 0) {
    throw new Error(`The local cloud serves one REST API; the template has ${parts.restApis.size}`);
  }
  return startGateway({
    port,
    api,
    apiKeys: [...parts.apiKeys.values()],
    onRequest: ({ method, path, status, durationMs }) => {
      parts.log({ source: 'api', text: `${method} ${path} ${status} ${durationMs.toFixed(1)} ms` });
      const put = (name: string, value: number) =>
        parts.cloudWatch.metrics.put(
          { namespace: 'AWS/ApiGateway', name, dimensions: { ApiName: api.name } },
          value,
          Date.now(),
        );
      put('Count', 1);
      put('5XXError', status >= 500 ? 1 : 0);
      put('4XXError', status >= 400 && status < 500 ? 1 : 0);
    },
  });
}

function connectionOf(
  parts: CloudParts,
  gateway: Gateway,
  outputs: Readonly<Record<string, string>>,
): LocalConnection {
  return {
    collector: gateway.url,
    writeKey: parts.secrets.value(outputs.WriteKeySecretArn ?? ''),
    api: gateway.url,
    apiKey: parts.secrets.value(outputs.ApiKeySecretArn ?? ''),
    aws: {
      dynamodb: parts.dynamoDb.endpoint,
      kinesis: parts.kinesis.endpoint,
      s3: parts.s3.endpoint,
      secretsmanager: parts.secrets.endpoint,
      sfn: parts.stepFunctions.endpoint,
      cloudwatch: parts.cloudWatch.endpoint,
    },
    region: REGION,
    resources: { ...outputs, ApiUrl: gateway.url, CollectorUrl: gateway.url },
  };
}

function killFunction(parts: CloudParts, logicalId: string): void {
  const found = [...parts.functions.values()].find((entry) => entry.logicalId === logicalId);
  if (found === undefined) throw new Error(`The template has no function ${logicalId}`);
  found.target.kill();
}

async function memoryOf(parts: CloudParts): Promise<number> {
  const sizes = await Promise.all(
    [...parts.functions.values()].map(({ target }) => target.memoryBytes()),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
