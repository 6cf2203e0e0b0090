import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type LocalCloud, startLocalCloud } from '../local/cloud.ts';
import { StartError } from '../local/start-error.ts';
import { TemplateError } from '../local/template/template-error.ts';
import { CONNECTION_FILE, readConnection, writeConnection } from './connection.ts';
import { logText } from './log-text.ts';
import { type Assembly, synthesize } from './synthesize.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface StartOptions {
  readonly port: number;
  readonly assembly?: string;
  readonly data?: string;
  readonly connection: string;
  readonly json?: true;
}

const PORT_DEFAULT = 8787;
const PORT_MAX = 65_535;

/** `kindred start`: runs the synthesized template on this machine until Ctrl-C. */
export function startCommand(): Command {
  return new Command('start')
    .description('Run the template that deploys on this machine: no AWS account, no Docker.')
    .option('-p, --port <number>', 'port of the API; 0 takes a free one', port, PORT_DEFAULT)
    .option('--assembly <directory>', 'run this synthesized app instead of synthesizing it')
    .option('--data <directory>', 'keep tables, objects and secrets here between starts')
    .option('--connection <file>', 'where other commands find it', CONNECTION_FILE)
    .option('--json', 'print one line of JSON when it is ready, and nothing else')
    .action(runStart);
}

/**
 * Starts the local cloud; with a terminal, tells it what happens.
 * @throws UserError for what the person can cure: a port in use, a full disk, a template that holds
 * what the local cloud doesn't know.
 */
export async function startCloud(
  options: { readonly port: number; readonly data?: string },
  assemblyDirectory: string,
  terminal: Terminal | undefined,
): Promise<LocalCloud> {
  try {
    return await startLocalCloud({
      assemblyDirectory,
      port: options.port,
      ...(options.data === undefined ? {} : { dataDirectory: options.data }),
      ...(terminal === undefined
        ? {}
        : { log: (line) => terminal.line(logText(line, terminal, new Date())) }),
    });
  } catch (error) {
    if (error instanceof StartError) throw new UserError(error.message, error.remedy);
    if (error instanceof TemplateError) {
      throw new UserError(error.message, 'Nothing was started.');
    }
    throw error;
  }
}

async function runStart(options: StartOptions): Promise<void> {
  const stopping = stopSignal();
  // With --json, standard output belongs to the program that reads it; a person still sees progress.
  const terminal = createTerminal(options.json ? process.stderr : process.stdout);
  try {
    const assembly = await assemblyOf(options, terminal, stopping);
    try {
      await runUntilStopped(options, assembly.directory, terminal, stopping);
    } finally {
      await assembly.remove();
    }
  } catch (error) {
    // What broke off because of Ctrl-C is no failure.
    if (!stopping.aborted) throw error;
  }
  terminal.line('Stopped.');
}

async function runUntilStopped(
  options: StartOptions,
  assemblyDirectory: string,
  terminal: Terminal,
  stopping: AbortSignal,
): Promise<void> {
  terminal.progress('Starting the local cloud …');
  const cloud = await startCloud(options, assemblyDirectory, options.json ? undefined : terminal);
  try {
    await writeConnection({ ...cloud.connection }, options.connection);
    if (options.json) process.stdout.write(`${JSON.stringify(cloud.connection)}\n`);
    else for (const line of welcome(cloud, terminal)) terminal.line(line);
    await aborted(stopping);
    terminal.progress('Stopping …');
  } finally {
    await cloud.stop();
    await removeConnection(options.connection, cloud);
  }
}

/** Another start may have written the file since; then it is that one's to remove. */
async function removeConnection(file: string, { connection }: LocalCloud): Promise<void> {
  const written = await readConnection(file).catch(() => undefined);
  if (written?.api === connection.api) await rm(file, { force: true });
}

/** The assembly that is there already, or one made now in a folder of its own. */
async function assemblyOf(
  { assembly }: StartOptions,
  terminal: Terminal,
  stopping: AbortSignal,
): Promise<Assembly> {
  if (assembly === undefined) {
    terminal.progress('Bundling the functions and synthesizing the template …');
    return synthesize('dev', stopping);
  }
  const found = await stat(join(assembly, 'manifest.json')).catch(() => undefined);
  if (found !== undefined) return { directory: assembly, remove: async () => {} };
  throw new UserError(
    `${assembly} holds no synthesized app.`,
    `Make one with \`node cdk/app.ts --output ${assembly}\`, or leave --assembly out.`,
  );
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
