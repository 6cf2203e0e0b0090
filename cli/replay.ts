import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import * as z from 'zod';
import { replay } from '../core/events/replay.ts';
import {
  type OperatorApi,
  type OperatorApiOptions,
  operatorApi,
  withOperatorApi,
} from './operators/operator-api.ts';
import { daysOf, positiveInteger, withFilter } from './quarantine.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface StartOptions extends OperatorApiOptions {
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly id?: string;
  readonly raw?: true;
  readonly failures?: true;
  readonly rebuild?: string;
  readonly dryRun?: true;
  readonly rate?: number;
  readonly limit?: number;
  readonly follow: boolean;
  readonly json?: true;
}

const POLL_MS = 500;
/** The slowest chunk takes a hundred seconds, and a failed step is tried again within one. */
const STILL_MS = 5 * 60_000;

/** `kindred replay`: sends refused calls, or the lake's events, again. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('Send refused calls, failed batches, or events of the lake once more.')
    .addHelpText(
      'after',
      `
Do it after a schema, a mapping or a source was put right. It is safe to repeat: what was accepted once has
left the quarantine, and events that come twice are recognised.

Examples:
  kindred replay start --from 2026-11-01 --reason bad-properties --dry-run
  kindred replay start --from 2026-11-01 --reason bad-properties
  kindred replay start --raw --from 2026-11-20 --to 2026-11-21 --source web-shop
  kindred replay start --failures --from 2026-11-20 --dry-run
  kindred replay status 0b0a6c1e-…      how far it has come
  kindred replay resume 0b0a6c1e-…      go on after a failure`,
    );
  command
    .addCommand(
      withFilter(new Command('start').description('replay what matches'))
        .option('--id <ids>', 'these calls only, comma-separated')
        .option('--raw', 'events of the lake, as they are, instead of quarantined calls')
        .option('--failures', 'what the enricher could not take, instead of quarantined calls')
        .option(
          '--rebuild <file>',
          'with --raw, of customers that were reset: what kindred reset has written',
        )
        .option('--dry-run', 'only count what would be accepted now')
        .option('--rate <n>', 'events a second (default: 100)', positiveInteger)
        .option('--limit <n>', 'end after so many', positiveInteger)
        .option('--no-follow', 'return once it is started')
        .action(start),
    )
    .addCommand(onReplay('status', 'how far it has come').action(status))
    .addCommand(
      onReplay('resume', 'go on where it stopped')
        .option('--no-follow', 'return once it is resumed')
        .action(resume),
    );
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

function onReplay(name: string, description: string): Command {
  return withOperatorApi(new Command(name).description(description))
    .argument('<replayId>')
    .option('--json', 'print one JSON document instead');
}

const started = z.object({ replayId: z.uuid() });
/** What the API tells of a replay: all but where exactly it stands. */
const progressOf = replay.omit({ afterKey: true, lineCount: true, owner: true });
type Progress = z.infer<typeof progressOf>;

async function start(options: StartOptions): Promise<void> {
  const api = await operatorApi(options);
  const { reason, source, id, rate, limit } = options;
  const body = {
    ...daysOf(options),
    what: whatOf(options),
    isDryRun: options.dryRun === true,
    ...(options.rebuild !== undefined && { rebuild: await rebuildIn(options.rebuild) }),
    ...(reason === undefined ? {} : { reasons: reason.split(',') }),
    ...(source === undefined ? {} : { sources: source.split(',') }),
    ...(id === undefined ? {} : { ids: id.split(',') }),
    ...(rate === undefined ? {} : { eventsPerSecond: rate }),
    ...(limit === undefined ? {} : { limit }),
  };
  const { replayId } = await api.ask({ method: 'POST', path: '/quarantine/replay', body }, started);
  await tell(api, replayId, options);
}

async function rebuildIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw new UserError(`${file} is no file of JSON.`, 'Name the file that `kindred reset` wrote.');
  }
}

function whatOf({ raw, failures }: StartOptions): 'raw' | 'failures' | 'quarantine' {
  if (raw === true && failures === true) {
    throw new UserError('Events of the lake and failures are two replays.', 'Name one of them.');
  }
  if (raw === true) return 'raw';
  return failures === true ? 'failures' : 'quarantine';
}

async function status(replayId: string, options: OperatorApiOptions & { json?: true }) {
  await tell(await operatorApi(options), replayId, { ...options, isOnce: true });
}

async function resume(replayId: string, options: StartOptions): Promise<void> {
  const api = await operatorApi(options);
  const path = `/quarantine/replays/${encodeURIComponent(replayId)}/resume`;
  await api.ask({ method: 'POST', path }, started);
  await tell(api, replayId, options);
}

/** Progress goes to stderr, so that --json leaves one document on stdout. */
async function tell(
  api: OperatorApi,
  replayId: string,
  options: { readonly json?: true; readonly follow?: boolean; readonly isOnce?: boolean },
): Promise<void> {
  const terminal = createTerminal(process.stdout);
  if (options.follow === false) {
    if (options.json === true) process.stdout.write(`${JSON.stringify({ replayId })}\n`);
    else terminal.line(`Replay ${replayId} is under way: kindred replay status ${replayId}`);
    return;
  }
  const progress = createTerminal(process.stderr);
  if (options.isOnce !== true) progress.line(`Replay ${replayId}`);
  const path = `/quarantine/replays/${encodeURIComponent(replayId)}`;
  for (;;) {
    const now = await api.ask({ method: 'GET', path }, progressOf);
    if (now.status === 'done' || options.isOnce === true) {
      progress.progress('');
      if (options.json === true) process.stdout.write(`${JSON.stringify(now)}\n`);
      else print(terminal, now);
      return;
    }
    if (Date.now() - Date.parse(now.updatedAt) > STILL_MS) {
      throw new UserError(
        'The replay has not moved for five minutes.',
        `Look at the log of the function Replay, then: kindred replay resume ${replayId}`,
      );
    }
    progress.progress(`${now.scannedCount} looked at, ${now.acceptedCount} accepted`);
    await sleep(POLL_MS);
  }
}

function print(terminal: Terminal, now: Progress): void {
  const { request, status: state, refusedCounts, unreadableKeys } = now;
  const accepted = request.isDryRun ? 'would be accepted' : 'accepted';
  terminal.line(
    `${state === 'done' ? 'Done' : `Under way, last seen ${now.updatedAt}`}: ${now.scannedCount} looked at, ${now.readCount} matched, ${now.acceptedCount} ${accepted}.`,
  );
  for (const [reason, count] of Object.entries(refusedCounts)) {
    terminal.line(`  ${count} refused again: ${reason}`);
  }
  for (const key of unreadableKeys) terminal.line(`  cannot be read: ${key}`);
}
