import { rm } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { type LocalCloud, startLocalCloud } from '../local/cloud.ts';
import { existingAssembly, synthesize } from './assembly.ts';
import { CONNECTION_FILE, writeConnection } from './connection.ts';
import { logText } from './log-text.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface StartOptions {
  readonly port: number;
  readonly assembly?: string;
  readonly data?: string;
  readonly json?: true;
}

const PORT_DEFAULT = 8787;
const PORT_MAX = 65_535;
/** Where an assembly goes that this command makes: never the `cdk.out` that is about to be deployed. */
const ASSEMBLY_DIRECTORY = '.kindred/assembly';

/** `kindred start`: runs the synthesized template on this machine until Ctrl-C. */
export function startCommand(): Command {
  return new Command('start')
    .description(
      'Run the whole of Kindred on this machine: the template that deploys, without AWS.',
    )
    .option(
      '-p, --port <number>',
      'port of the API on 127.0.0.1; 0 takes a free one',
      port,
      PORT_DEFAULT,
    )
    .option('--assembly <directory>', 'run this synthesized app instead of synthesizing it')
    .option(
      '--data <directory>',
      'keep tables, objects and secrets here from one start to the next',
    )
    .option('--json', 'print one line of JSON when it is ready, and nothing else')
    .action(runStart);
}

async function runStart(options: StartOptions): Promise<void> {
  const stopping = stopSignal();
  // With --json, standard output belongs to the program that reads it; a person still sees progress.
  const terminal = createTerminal(options.json ? process.stderr : process.stdout);
  const cloud = await startCloud(options, terminal, stopping).catch((error: unknown) => {
    // Whatever broke off because of Ctrl-C is not a failure.
    if (stopping.aborted) return undefined;
    throw error;
  });
  if (cloud === undefined) return;
  try {
    await writeConnection({ ...cloud.connection });
    if (options.json) process.stdout.write(`${JSON.stringify(cloud.connection)}\n`);
    else for (const line of welcome(cloud, terminal)) terminal.line(line);
    await aborted(stopping);
    terminal.progress('Stopping …');
  } finally {
    await cloud.stop();
    await rm(CONNECTION_FILE, { force: true });
  }
  terminal.line('Stopped.');
}

async function startCloud(
  options: StartOptions,
  terminal: Terminal,
  stopping: AbortSignal,
): Promise<LocalCloud | undefined> {
  if (options.assembly === undefined) terminal.progress('Bundling and synthesizing the app …');
  const assemblyDirectory =
    options.assembly === undefined
      ? await synthesize(ASSEMBLY_DIRECTORY, stopping)
      : await existingAssembly(options.assembly);
  terminal.progress('Starting the local cloud …');
  const cloud = await startLocalCloud({
    assemblyDirectory,
    port: options.port,
    ...(options.data === undefined ? {} : { dataDirectory: options.data }),
    ...(options.json ? {} : { log: (line) => terminal.line(logText(line, terminal, new Date())) }),
  });
  if (!stopping.aborted) return cloud;
  await cloud.stop();
  return undefined;
}

function welcome({ connection }: LocalCloud, terminal: Terminal): string[] {
  const { collector, writeKey, api, apiKey, aws } = connection;
  const event = JSON.stringify({
    userId: 'anna',
    event: 'Product Viewed',
    properties: { product_id: 'mug-1', name: 'Blue mug', price: 12.5, currency: 'GBP' },
  });
  return [
    terminal.bold('Kindred runs on this machine. Ctrl-C stops it.'),
    '',
    `  Collector        ${collector}/v1/track`,
    `  Write key        ${writeKey}`,
    `  Recommendations  ${api}/v1/recommendations/for-you`,
    `  API key          ${apiKey}`,
    '',
    'Send an event:',
    '',
    `  curl -u '${writeKey}:' -d '${event}' '${collector}/v1/track'`,
    '',
    'and fetch what anna gets:',
    '',
    `  curl -H 'x-api-key: ${apiKey}' '${api}/v1/recommendations/recently-viewed?customer=anna&limit=4'`,
    '',
    terminal.dim('AWS endpoints, for `aws --endpoint-url …`:'),
    ...Object.entries(aws).map(([service, url]) => terminal.dim(`  ${service.padEnd(15)}  ${url}`)),
    '',
    'What happens, as it happens (times in UTC):',
  ];
}

/** Aborted by the first Ctrl-C, SIGTERM or closed terminal; a second one waits with the first. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort());
  }
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/u.test(text) && value <= PORT_MAX) return value;
  throw new InvalidArgumentError(`A port is a whole number from 0 to ${PORT_MAX}.`);
}
