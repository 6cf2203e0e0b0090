import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import * as z from 'zod';
import { exportRun } from '../core/blocks/recommendation-export.ts';
import {
  type OperatorApi,
  type OperatorApiOptions,
  operatorApi,
  withOperatorApi,
} from './operators/operator-api.ts';
import { positiveInteger } from './quarantine.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface StartOptions extends OperatorApiOptions {
  readonly placement?: string;
  readonly limit?: number;
  readonly lists?: string;
  readonly formats?: string;
  readonly follow: boolean;
  readonly json?: true;
}

const POLL_MS = 500;
/** Step Functions begins within seconds, and tries a failed plan again within minutes. */
const PLANNED_MS_MAX = 5 * 60_000;

/** `kindred export`: recommendation lists as files, for ESPs and warehouses that load such. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write recommendation lists to files.')
    .addHelpText(
      'after',
      `
Files are JSON Lines, CSV and Parquet in the lake's bucket; see docs/reference/recommendation-exports.md for their
columns and for the statements by which Snowflake and BigQuery load them.

Examples:
  kindred export recommendations
  kindred export recommendations --placement for-you --lists customers --formats parquet
  kindred export status 0b0a6c1e-…      how far it has come, and where the files are`,
    );
  command
    .addCommand(
      withOperatorApi(new Command('recommendations'))
        .description('export the lists of customers and of items')
        .option('--placement <id>', 'whose ladder and rules choose (default: for-you)')
        .option('--limit <n>', 'items of a list (default: the placement’s own)', positiveInteger)
        .option('--lists <names>', 'customers, items or both, comma-separated (default: both)')
        .option('--formats <names>', 'jsonl, csv, parquet, comma-separated (default: all)')
        .option('--no-follow', 'return once it is started')
        .option('--json', 'print one JSON document instead')
        .action(start),
    )
    .addCommand(
      withOperatorApi(new Command('status'))
        .description('how far an export has come')
        .argument('<exportId>')
        .option('--json', 'print one JSON document instead')
        .action(status),
    );
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

const started = z.object({ exportId: z.string() });
const progressOf = exportRun
  .omit({ units: true, folder: true })
  .extend({ unitCount: z.int(), location: z.string() });
type Progress = z.infer<typeof progressOf>;

async function start(options: StartOptions): Promise<void> {
  const api = await operatorApi(options);
  const { placement, limit, lists, formats } = options;
  const body = {
    ...(placement !== undefined && { placement }),
    ...(limit !== undefined && { limit }),
    ...(lists !== undefined && { lists: lists.split(',') }),
    ...(formats !== undefined && { formats: formats.split(',') }),
  };
  const { exportId } = await api.ask(
    { method: 'POST', path: '/recommendation-exports', body },
    started,
  );
  const terminal = createTerminal(process.stdout);
  if (options.follow) {
    createTerminal(process.stderr).line(`Export ${exportId}`);
    tell(terminal, await finished(api, exportId), options);
  } else if (options.json === true) {
    terminal.line(JSON.stringify({ exportId }));
  } else {
    terminal.line(`Export ${exportId} is under way: kindred export status ${exportId}`);
  }
}

async function status(exportId: string, options: OperatorApiOptions & { json?: true }) {
  const api = await operatorApi(options);
  tell(createTerminal(process.stdout), await ask(api, exportId), options);
}

function ask(api: OperatorApi, exportId: string): Promise<Progress> {
  const path = `/recommendation-exports/${encodeURIComponent(exportId)}`;
  return api.ask({ method: 'GET', path }, progressOf);
}

async function finished(api: OperatorApi, exportId: string): Promise<Progress> {
  const plannedByMs = Date.now() + PLANNED_MS_MAX;
  for (;;) {
    let now: Progress | undefined;
    try {
      now = await ask(api, exportId);
    } catch (error) {
      // Known once it is planned, a moment after its start.
      if (!(error instanceof UserError) || Date.now() > plannedByMs) throw error;
    }
    if (now !== undefined && now.status !== 'running') return now;
    await sleep(POLL_MS);
  }
}

function tell(terminal: Terminal, now: Progress, { json }: { readonly json?: true }): void {
  if (json === true) terminal.line(JSON.stringify(now));
  if (now.status === 'failed') {
    throw new UserError(
      `The export has failed: ${now.problem ?? 'unknown'}.`,
      'See docs/runbooks/recommendation-export-failed.md.',
    );
  }
  if (json === true) return;
  const { customers, notPersonalized, suppressed, unreadable, items } = now.counts;
  if (now.status === 'running') {
    terminal.line(`Under way since ${now.startedAt}, in ${now.unitCount} pieces.`);
    return;
  }
  terminal.line(
    `Done: lists of ${customers} customers and ${items} items in ${now.fileCount} files.`,
  );
  terminal.line(`  ${now.location}`);
  if (notPersonalized > 0) {
    terminal.line(`  ${notPersonalized} without consent have what everybody is shown`);
  }
  if (suppressed > 0) terminal.line(`  ${suppressed} get no email and are left out`);
  if (unreadable > 0) terminal.line(`  ${unreadable} could not be read; see the audit`);
}
