import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Faults } from './faults.ts';
import { type Gateway, startGateway } from './gateway/gateway.ts';
import type { LogLine } from './log-line.ts';
import { ACCOUNT_ID, type CloudParts, type Consumer, putMetric } from './provision/cloud-parts.ts';
import { functionKinds, permissionKey } from './provision/functions.ts';
import { monitoringKinds } from './provision/monitoring.ts';
import { restApiKinds } from './provision/rest-apis.ts';
import { scheduleKinds } from './provision/schedules.ts';
import { storeKinds } from './provision/stores.ts';
import { streamConsumerKinds } from './provision/stream-consumers.ts';
import { workflowKinds } from './provision/workflows.ts';
import { startEngines } from './start-engines.ts';
import { StartError } from './start-error.ts';
import { readAssembly, type StackTemplate } from './template/assembly.ts';
import { deploy } from './template/deployment.ts';
import { TemplateError } from './template/template-error.ts';

export interface LocalCloudOptions {
  /** Folder that `cdk synth` wrote, of one environment. */
  readonly assemblyDirectory: string;
  /** Of the API; a free one by default. */
  readonly port?: number;
  /** Keeps tables, objects and secrets here; in memory and a temporary folder by default. */
  readonly dataDirectory?: string;
  readonly log?: (line: LogLine) => void;
}

/** Where everything is, for programs. */
export type Connection = {
  /** Base URL, up to and without `/v1`. */
  readonly collector: string;
  readonly writeKey: string;
  /** Base URL, up to and without `/v1`. */
  readonly api: string;
  readonly apiKey: string;
  /** Endpoint per AWS service. */
  readonly aws: Readonly<Record<string, string>>;
  readonly region: string;
  /** The stacks' outputs. */
  readonly resources: Readonly<Record<string, string>>;
};

/** The synthesized template, running on this machine. */
export interface LocalCloud {
  readonly connection: Connection;
  readonly outputs: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly functions: {
    /** SIGKILLs the running processes of the function with this logical id. */
    kill(logicalId: string): void;
    /** Memory of all functions' processes. */
    memoryBytes(): number;
  };
  alarms(): { name: string; state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' }[];
  /** Ends every process, server and timer; with kept data, finishes first what was acknowledged. */
  stop(): Promise<void>;
}

/** Of a stack that takes the region of whoever deploys. */
const REGION_DEFAULT = 'eu-west-1';
/** A start writes little; what follows writes objects and tables, and a full disk would tear them. */
const FREE_BYTES_MIN = 64 * 1024 * 1024;
/** What has been acknowledged but not folded when the cloud stops; a batch takes well under a second. */
const DRAIN_MS_MAX = 10_000;

/**
 * Runs the stacks of a cloud assembly: engines first, then every resource of the template, then what
 * reads streams, then the API.
 * @throws TemplateError for what the local cloud doesn't understand, and StartError for a port in use
 * or a full disk; nothing is left running.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await start(options, stops, stopAll);
  } catch (error) {
    await stopAll();
    if (isDiskFull(error)) throw diskFullError();
    throw error;
  }
}

async function start(
  options: LocalCloudOptions,
  stops: (() => Promise<void>)[],
  stopAll: () => Promise<void>,
): Promise<LocalCloud> {
  const log = options.log ?? (() => {});
  const stacks = readAssembly(options.assemblyDirectory);
  const region = stacks.find((stack) => stack.region !== undefined)?.region ?? REGION_DEFAULT;
  const keepsData = options.dataDirectory !== undefined;
  const directory = await dataFolder(options.dataDirectory, stops);
  const faults = new Faults();
  const parts = await startEngines({
    region,
    faults,
    directory,
    keepsData,
    log,
    onStop: (stop) => stops.push(stop),
  });
  stops.push(() => parts.functions.stop());
  const gateway = await openGateway(parts, options.port ?? 0, log);
  const outputs = await deployStacks(stacks, parts, gateway).catch(async (error: unknown) => {
    await gateway.stop();
    throw error;
  });
  const consumers = parts.consumers.map((startConsumer) => startConsumer());
  stops.push(() => stopReading(parts, consumers, gateway, { faults, keepsData }));
  requirePermissions(parts);
  gateway.open();
  return {
    connection: connectionOf(parts, outputs, gateway),
    outputs,
    faults,
    functions: {
      kill: (logicalId) => parts.functions.kill(logicalId),
      memoryBytes: () => parts.functions.residentBytes(),
    },
    alarms: () => {
      parts.cloudWatch.evaluateAlarms(Date.now());
      return parts.cloudWatch.alarms();
    },
    stop: stopAll,
  };
}

async function dataFolder(
  kept: string | undefined,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const directory =
    kept === undefined ? await mkdtemp(join(tmpdir(), 'kindred-cloud-')) : resolve(kept);
  if (kept === undefined) stops.push(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 's3'), { recursive: true });
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < FREE_BYTES_MIN) throw diskFullError();
  return directory;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

function diskFullError(): StartError {
  return new StartError(
    'The disk is full: the local cloud needs 64 MB at least.',
    'Free some space, or choose a folder on another disk with --data.',
  );
}

async function deployStacks(
  stacks: readonly StackTemplate[],
  parts: CloudParts,
  gateway: Gateway,
): Promise<Record<string, string>> {
  const kinds = [
    ...storeKinds(parts),
    ...functionKinds(parts),
    ...streamConsumerKinds(parts),
    ...restApiKinds(parts),
    ...workflowKinds(parts),
    ...scheduleKinds(parts),
    ...monitoringKinds(parts),
  ];
  const { outputs } = await deploy({
    stacks,
    kinds: new Map(kinds.map((kind) => [kind.type, kind])),
    region: parts.region,
    accountId: ACCOUNT_ID,
    secretValue: (secretId) => secretValue(parts, secretId),
    localAddress: (text) => localAddress(text, parts, gateway),
  });
  return outputs;
}

/** An API's address in AWS, `https://<id>.execute-api.<region>.amazonaws.com`, is the gateway here. */
function localAddress(text: string, { api }: CloudParts, { origin }: Gateway): string {
  return text.replace(
    /https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com/gu,
    (address, id: string) => (api.apis.has(id) ? origin : address),
  );
}

function secretValue({ secrets }: CloudParts, secretId: string): string | undefined {
  try {
    return secrets.value(secretId);
  } catch {
    return undefined;
  }
}

/** API Gateway answers 500 for a function that doesn't permit it; here it's said at once. */
function requirePermissions({ api, permissions, functions }: CloudParts): void {
  const invoked = [...api.apis.values()].flatMap(({ methods, authorizers }) => [
    ...methods.flatMap(({ integration }) =>
      integration.kind === 'lambda' ? [integration.functionArn] : [],
    ),
    ...[...authorizers.values()].map(({ functionArn }) => functionArn),
  ]);
  for (const reference of new Set(invoked)) {
    const definition = functions.find(reference)?.definition;
    if (definition === undefined) {
      throw new TemplateError(`The REST API calls ${reference}, which is not in the template.`);
    }
    if (permissions.has(permissionKey(definition.arn, 'apigateway.amazonaws.com'))) continue;
    throw new TemplateError(
      `${definition.logicalId} does not permit API Gateway to invoke it; add an AWS::Lambda::Permission.`,
    );
  }
}

function openGateway(
  parts: CloudParts,
  port: number,
  log: (line: LogLine) => void,
): Promise<Gateway> {
  return startGateway({
    port,
    model: parts.api,
    accountId: ACCOUNT_ID,
    region: parts.region,
    invoke: (functionArn, payload) => parts.functions.invoke(functionArn, payload),
    onRequest: ({ apiName, method, path, status, durationMs }) => {
      log({ kind: 'request', method, path, status, durationMs });
      if (apiName === undefined) return;
      const put = (name: string, value: number) =>
        putMetric(parts, 'AWS/ApiGateway', name, { ApiName: apiName }, value);
      put('Count', 1);
      put('4XXError', status >= 400 && status < 500 ? 1 : 0);
      put('5XXError', status >= 500 ? 1 : 0);
      put('Latency', durationMs);
    },
  });
}

/**
 * Ends what takes events in, then what reads them. Kept tables are worth finishing for: an event that
 * was acknowledged is in the stream, which lives in memory.
 */
async function stopReading(
  { functions }: CloudParts,
  consumers: readonly Consumer[],
  gateway: Gateway,
  { faults, keepsData }: { readonly faults: Faults; readonly keepsData: boolean },
): Promise<void> {
  faults.liftAll();
  await gateway.stop();
  if (keepsData) await Promise.all(consumers.map((consumer) => consumer.drain(DRAIN_MS_MAX)));
  const stopped = Promise.all(consumers.map((consumer) => consumer.stop()));
  // A reader ends with the batch it has in flight, and that with its function.
  await functions.stop();
  await stopped;
}

function connectionOf(
  parts: CloudParts,
  outputs: Readonly<Record<string, string>>,
  { origin }: Gateway,
): Connection {
  const secretOf = (output: string) => secretValue(parts, outputs[output] ?? '') ?? '';
  return {
    collector: withoutSlash(outputs.CollectorUrl ?? origin),
    writeKey: secretOf('WriteKeySecretArn'),
    api: withoutSlash(outputs.ApiUrl ?? origin),
    apiKey: secretOf('ApiKeySecretArn'),
    aws: {
      dynamodb: parts.dynamoDb.endpoint,
      kinesis: parts.kinesis.endpoint,
      s3: parts.s3.endpoint,
      sfn: parts.stepFunctions.endpoint,
      secretsmanager: parts.secrets.endpoint,
      cloudwatch: parts.cloudWatch.endpoint,
      sns: parts.sns.endpoint,
    },
    region: parts.region,
    resources: outputs,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/u, '');
}
