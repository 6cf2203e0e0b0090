import { Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { quarantinedCallDocument } from '../core/identity/quarantined-call.ts';
import {
  type OperatorApi,
  type OperatorApiOptions,
  operatorApi,
  withOperatorApi,
} from './operators/operator-api.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface QuarantineOptions extends OperatorApiOptions {
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly limit: number;
  readonly json?: true;
}

/** Quarantined calls are kept for so long. */
const KEPT_DAYS = 90;
const LISTED_DEFAULT = 100;
const DAY_MS = 86_400_000;

/** `kindred quarantine`: what was refused, and why. */
export function quarantineCommand(): Command {
  const command = new Command('quarantine')
    .description('See the calls that were refused, and why.')
    .addHelpText(
      'after',
      `
Examples:
  kindred quarantine list                                  what was refused today
  kindred quarantine list --from 2026-11-01 --reason bad-properties
  kindred quarantine show 6f1e…                            one call whole, with its issues
  kindred replay start --reason bad-properties --dry-run   what would be accepted now`,
    );
  command
    .addCommand(
      withFilter(new Command('list').description('what waits, by day, reason and source'))
        .option('--limit <n>', 'at most so many', positiveInteger, LISTED_DEFAULT)
        .action(list),
    )
    .addCommand(
      withFilter(new Command('show').description('one call, whole'))
        .argument('<id>', 'its id, as list shows it')
        .action(show),
    );
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

/** The options that choose calls; days are of receipt, UTC, both included. */
export function withFilter(command: Command): Command {
  return withOperatorApi(command)
    .option('--from <day>', 'first day of receipt, e.g. 2026-11-01 (default: today, UTC)')
    .option('--to <day>', 'last day of receipt (default: today, UTC)')
    .option('--reason <reasons>', 'of these reasons only, comma-separated')
    .option('--source <ids>', 'of these sources only, comma-separated')
    .option('--json', 'print one JSON document instead');
}

/** Days without a word are today's; what is wrong in them the API says. */
export function daysOf({ from, to }: Pick<QuarantineOptions, 'from' | 'to'>): {
  from: string;
  to: string;
} {
  const today = new Date().toISOString().slice(0, 10);
  return { from: from ?? today, to: to ?? today };
}

const waitingCall = z.object({
  day: z.string(),
  reason: z.string(),
  source: z.string(),
  id: z.string(),
});
const page = z.object({
  calls: z.array(waitingCall),
  countsByReason: z.record(z.string(), z.number()),
  next: z.string().optional(),
});

async function list(options: QuarantineOptions): Promise<void> {
  const api = await operatorApi(options);
  const { reason, source, limit } = options;
  const query = {
    ...daysOf(options),
    ...(reason === undefined ? {} : { reason }),
    ...(source === undefined ? {} : { source }),
    limit: String(limit),
  };
  const found = await api.ask({ method: 'GET', path: '/quarantine', query }, page);
  if (options.json === true) return void process.stdout.write(`${JSON.stringify(found)}\n`);
  const terminal = createTerminal(process.stdout);
  if (found.calls.length === 0) return terminal.line('Nothing waits there.');
  for (const call of found.calls) {
    terminal.line(
      `${call.day}  ${call.reason.padEnd(20)} ${call.source.padEnd(24)} ${terminal.dim(call.id)}`,
    );
  }
  const counts = Object.entries(found.countsByReason).map(([name, count]) => `${count} ${name}`);
  terminal.line(counts.join(', '));
  if (found.next !== undefined) terminal.line('There are more: raise --limit, or narrow the days.');
}

async function show(id: string, options: QuarantineOptions): Promise<void> {
  const call = await callOf(await operatorApi(options), id, options);
  if (options.json === true) return void process.stdout.write(`${JSON.stringify(call)}\n`);
  const terminal = createTerminal(process.stdout);
  terminal.line(`${terminal.bold(call.reason)}  ${call.source}  ${call.receivedAt}`);
  for (const { path, message } of call.issues) terminal.line(`  ${path || 'the call'}: ${message}`);
  // As JSON, which escapes whatever would steer a terminal.
  terminal.line(JSON.stringify(call.event, undefined, 2));
}

async function callOf(api: OperatorApi, id: string, options: QuarantineOptions) {
  const from = options.from ?? new Date(Date.now() - KEPT_DAYS * DAY_MS).toISOString().slice(0, 10);
  const query = { from, to: daysOf(options).to, id, include: 'documents' };
  const wholes = z.object({ calls: z.array(z.union([quarantinedCallDocument, waitingCall])) });
  const { calls } = await api.ask({ method: 'GET', path: '/quarantine', query }, wholes);
  const [call] = calls;
  if (call === undefined) {
    throw new UserError(
      `No call ${id} waits in quarantine.`,
      'It may have been replayed, or has expired: see `kindred quarantine list`.',
    );
  }
  if (!('issues' in call)) {
    throw new UserError(
      `The object of the call ${id} is damaged.`,
      `Look at it in the quarantine bucket, below day=${call.day}/reason=${call.reason}/source=${call.source}/.`,
    );
  }
  return call;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
