import { rm, stat } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { type LocalCloud, startLocalCloud } from '../local/cloud.ts';
import { PortTakenError } from '../local/gateway/gateway.ts';
import type { LogLine } from '../local/log-line.ts';
import { CONNECTION_FILE, writeConnection } from './connection.ts';
import { synthesize } from './synthesize.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface StartFlags {
  readonly port: number;
  readonly assembly?: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly connection: string;
}

const DEFAULT_PORT = 8787;

/** `kindred start`: the synthesized template on this machine, until Ctrl-C. */
export function startCommand(): Command {
  return new Command('start')
    .description('Run the synthesized template on this machine: no AWS account, no Docker.')
    .option('-p, --port <number>', 'port of the API; 0 takes a free one', portNumber, DEFAULT_PORT)
    .option('--assembly <folder>', 'run this cloud assembly instead of synthesizing one')
    .option('--data <folder>', 'keep tables and objects in this folder between runs')
    .option('--connection <file>', 'where other commands find it', CONNECTION_FILE)
    .option('--json', 'print one line of JSON when it is ready, and nothing else')
    .action(runCommand);
}

async function runCommand(flags: StartFlags): Promise<void> {
  const terminal = createTerminal(process.stderr);
  const stopped = stopSignal();
  const assembly = await assemblyOf(flags, terminal);
  try {
    terminal.progress('Starting the local cloud …');
    const cloud = await startCloud(
      flags,
      assembly.directory,
      flags.json === true ? undefined : terminal,
    );
    try {
      await writeConnection({ ...cloud.connection }, flags.connection);
      if (flags.json === true) process.stdout.write(`${JSON.stringify(cloud.connection)}\n`);
      else printWhere(createTerminal(process.stdout), cloud);
      await stopped;
      terminal.line('Stopping …');
    } finally {
      await cloud.stop();
      await rm(flags.connection, { force: true });
    }
  } finally {
    await assembly.remove();
  }
}

/** Starts the local cloud and says what cures what can stand in its way. */
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
      ...(terminal === undefined ? {} : { log: (line) => terminal.line(logText(terminal, line)) }),
    });
  } catch (error) {
    if (error instanceof PortTakenError) {
      throw new UserError(
        error.message,
        'Stop what listens there, or choose another with --port (0 takes a free one).',
      );
    }
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new UserError(
        'No space is left on the disk.',
        'Free some, or choose another folder with --data.',
      );
    }
    throw error;
  }
}

async function assemblyOf(flags: StartFlags, terminal: Terminal) {
  if (flags.assembly !== undefined) {
    const found = await stat(flags.assembly).catch(() => undefined);
    if (found?.isDirectory() === true) {
      return { directory: flags.assembly, remove: async () => undefined };
    }
    throw new UserError(
      `There is no folder ${flags.assembly}.`,
      'Make one with `npm run synth -- -c env=dev`.',
    );
  }
  terminal.progress('Bundling the functions and synthesizing the template …');
  return synthesize();
}

/** Ends with the first Ctrl-C or SIGTERM; the launcher may pass it on a second time. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
}

function logText(terminal: Terminal, { source, text }: LogLine): string {
  return `${terminal.dim(new Date().toISOString().slice(11, 23))} ${source.padEnd(8)} ${text}`;
}

function printWhere(terminal: Terminal, { connection }: LocalCloud): void {
  const { collector, writeKey, api, apiKey, aws } = connection;
  terminal.line('');
  terminal.line(terminal.bold('Kindred is running.'));
  terminal.line('');
  terminal.line(`  Collector        ${collector}/v1/track`);
  terminal.line(`  Write key        ${writeKey}`);
  terminal.line(`  Recommendations  ${api}/v1/recommendations/for-you?customer=…`);
  terminal.line(`  API key          ${apiKey}`);
  for (const [service, endpoint] of Object.entries(aws)) {
    terminal.line(terminal.dim(`  ${service.padEnd(15)}  ${endpoint}`));
  }
  terminal.line('');
  terminal.line('Send an event, then fetch a block:');
  terminal.line('');
  terminal.line(
    `  curl ${collector}/v1/track -u ${writeKey}: -H 'content-type: application/json' -d '{"userId":"anna","event":"Product Viewed","properties":{"product_id":"mug-1","name":"Blue mug","price":12.5,"currency":"GBP"}}'`,
  );
  terminal.line(
    `  curl '${api}/v1/recommendations/recently-viewed?customer=anna' -H 'x-api-key: ${apiKey}'`,
  );
  terminal.line('');
  terminal.line(terminal.dim('Ctrl-C stops it.'));
  terminal.line('');
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}
