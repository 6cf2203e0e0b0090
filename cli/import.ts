import { Command } from 'commander';
import { CONNECTION_FILE, readConnection } from './connection.ts';
import {
  type ImportProgress,
  type ImportReport,
  runImport,
  STATE_FOLDER,
} from './import/run-import.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface ImportFlags {
  readonly mapping: string;
  readonly collector?: string;
  readonly writeKey?: string;
  readonly connection: string;
  readonly state: string;
  readonly manifest?: string;
  readonly restart?: boolean;
}

/** `kindred import <file> --mapping <document>`: rows of a file into the collector. */
export function importCommand(): Command {
  return new Command('import')
    .description('Send the rows of a CSV, TSV, JSON Lines or Parquet file to the collector.')
    .argument('<file>', 'the file to import')
    .requiredOption('-m, --mapping <document>', 'how rows become events (see examples/)')
    .option('--collector <url>', 'base URL of the collector; also KINDRED_COLLECTOR')
    .option('--write-key <key>', 'write key of the source; also KINDRED_WRITE_KEY')
    .option('--connection <file>', 'connection file of a running Kindred', CONNECTION_FILE)
    .option('--state <folder>', 'where progress and the manifest are kept', STATE_FOLDER)
    .option('--manifest <path>', 'where the manifest goes instead')
    .option('--restart', 'forget what earlier runs sent')
    .action(runCommand);
}

async function runCommand(file: string, flags: ImportFlags): Promise<void> {
  const terminal = createTerminal(process.stderr);
  const stop = new AbortController();
  // Stays installed: the launcher passes the terminal's signal on, so that it comes twice.
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const startedMs = Date.now();
    const report = await runImport({
      ...(await destinationOf(flags)),
      file,
      mapping: flags.mapping,
      stateFolder: flags.state,
      ...(flags.manifest === undefined ? {} : { manifest: flags.manifest }),
      restart: flags.restart ?? false,
      signal: stop.signal,
      onProgress: (progress) => terminal.progress(progressText(progress, Date.now() - startedMs)),
    });
    printReport(createTerminal(process.stdout), report, Date.now() - startedMs);
  } finally {
    terminal.progress('');
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Flags go before the environment, the environment before the connection file. */
async function destinationOf(flags: ImportFlags): Promise<{ collector: string; writeKey: string }> {
  const collector = flags.collector ?? process.env.KINDRED_COLLECTOR;
  const writeKey = flags.writeKey ?? process.env.KINDRED_WRITE_KEY;
  if (collector !== undefined && writeKey !== undefined) {
    return { collector: withoutSlash(collector), writeKey };
  }
  const connection = await readConnection(flags.connection);
  return {
    collector: withoutSlash(collector ?? connection.collector),
    writeKey: writeKey ?? connection.writeKey,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Percent and remaining time by bytes: the number of rows is only known at the end. */
export function progressText(
  { rows, events, bytesRead, bytes }: ImportProgress,
  elapsedMs: number,
): string {
  const share = bytes === 0 ? 1 : Math.min(1, bytesRead / bytes);
  const rate = Math.round((rows / Math.max(1, elapsedMs)) * 1000);
  const leftS = share > 0.02 ? Math.round((elapsedMs * (1 - share)) / share / 1000) : undefined;
  const left = leftS === undefined ? '' : `, ${leftS} s left`;
  return `${Math.floor(share * 100)} %  ${rows} rows, ${events} events answered, ${rate} rows/s${left}`;
}

function printReport(terminal: Terminal, report: ImportReport, elapsedMs: number): void {
  const { outcomes, events, rows } = report;
  const row = (count: number, text: string) =>
    terminal.line(`${String(count).padStart(9)}  ${text}`);
  terminal.line(`${rows} rows read in ${(elapsedMs / 1000).toFixed(1)} s:`);
  row(outcomes.accepted, `accepted, in ${events.accepted} events`);
  row(outcomes.duplicate, 'duplicate');
  for (const [reason, count] of Object.entries(outcomes.quarantined))
    row(count, `quarantined: ${reason}`);
  for (const [reason, count] of Object.entries(outcomes.skipped)) row(count, `skipped: ${reason}`);
  if (report.finishedBefore !== undefined) {
    terminal.line(
      `This file was already imported on ${report.finishedBefore}; --restart sends it again.`,
    );
  }
  if (report.rejects !== undefined) {
    terminal.line(
      `Rows that could not be converted: ${report.rejects}. Repair them and import that file.`,
    );
  }
  terminal.line(`Manifest: ${report.manifest}`);
}
