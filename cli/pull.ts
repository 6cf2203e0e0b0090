import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { Command } from 'commander';
import * as z from 'zod';
import { configDocuments } from '../adapters/dynamodb/config-documents.ts';
import { createPullStates, PULL_STATE_KIND } from '../adapters/dynamodb/pull-states.ts';
import { pullDocument } from '../adapters/sources/connectors.ts';
import { newPullState, type PullState, pullState } from '../core/events/pull-state.ts';
import { type ConfigTableOptions, onConfigTable, withConfigTable } from './config/config-table.ts';
import { clientOptions, readConnection } from './connection.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface PullOptions extends ConfigTableOptions {
  readonly json?: true;
  readonly stateMachine?: string;
}

/** `kindred pull`: the sources that Kindred reads by itself. */
export function pullCommand(): Command {
  const command = new Command('pull')
    .description('See and steer the sources that Kindred reads by itself.')
    .addHelpText(
      'after',
      `
A source is set up with \`kindred config put pull <source> <file>\`; see docs/how-to/pull-sources.md.

Examples:
  kindred pull status           where every source stands
  kindred pull run              read now what is due, and tell what came of it
  kindred pull run crm          the same after making crm due
  kindred pull reset crm        forget where crm stands: the next run reads all of it again`,
    );
  command
    .addCommand(subcommand('status', 'where every source stands').action(status))
    .addCommand(
      subcommand('run', 'read the sources that are due now')
        .argument('[source]', 'make this one due first')
        .option('--state-machine <arn>', 'PullStateMachineArn, where there is no connection file')
        .action(run),
    )
    .addCommand(
      subcommand('reset', 'read a source from its beginning again')
        .argument('<source>')
        .action(reset),
    );
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

function subcommand(name: string, description: string): Command {
  return withConfigTable(new Command(name).description(description)).option(
    '--json',
    'print one JSON document instead',
  );
}

async function status(options: PullOptions): Promise<void> {
  const rows = await onConfigTable(options, async ({ client, name }) => {
    const states = new Map(
      (await configDocuments(client, name, PULL_STATE_KIND, pullState).list()).map(
        ({ id, document }) => [id, document],
      ),
    );
    const documents = await configDocuments(client, name, 'pull', pullDocument).list();
    return documents.map(({ id, document }) => ({
      sourceId: id,
      connector: document.connector.type,
      isEnabled: document.isEnabled,
      ...standing(states.get(id) ?? newPullState, Date.now()),
    }));
  });
  if (options.json === true) return void process.stdout.write(`${JSON.stringify(rows)}\n`);
  const terminal = createTerminal(process.stdout);
  if (rows.length === 0) terminal.line('No source is read by Kindred yet.');
  for (const row of rows) {
    const state = row.isEnabled ? row.state : 'disabled';
    const finished = row.finishedAt === undefined ? 'never finished' : `finished ${row.finishedAt}`;
    terminal.line(
      `${row.sourceId.padEnd(24)} ${row.connector.padEnd(10)} ${state.padEnd(8)} ${row.recordCount} records, ${finished}${row.failure === undefined ? '' : `; ${row.failure} Again at ${row.retryAt}.`}`,
    );
  }
}

function standing(state: PullState, nowMs: number) {
  const timeText = (timeMs: number | undefined) =>
    timeMs === undefined ? undefined : new Date(timeMs).toISOString();
  const isRunning = state.lease !== undefined && state.lease.untilMs > nowMs;
  return {
    state: isRunning ? 'running' : state.failureCount > 0 ? 'failing' : 'idle',
    recordCount: state.recordCount,
    finishedAt: timeText(state.finishedAtMs),
    failure: state.failure,
    retryAt: timeText(state.retryAtMs),
  };
}

async function reset(sourceId: string, options: PullOptions): Promise<void> {
  await onConfigTable(options, ({ client, name }) =>
    configDocuments(client, name, PULL_STATE_KIND, pullState).delete(sourceId),
  );
  if (options.json === true) process.stdout.write(`${JSON.stringify({ sourceId })}\n`);
  else createTerminal(process.stdout).line(`The next run reads ${sourceId} from its beginning.`);
}

const outcomes = z.array(
  z.looseObject({
    sourceId: z.string(),
    outcome: z.string(),
    reason: z.string().optional(),
    recordCount: z.number().optional(),
  }),
);
const POLL_MS = 500;

async function run(sourceId: string | undefined, options: PullOptions): Promise<void> {
  if (sourceId !== undefined) await makeDue(sourceId, options);
  const { client, stateMachineArn } = await workflow(options);
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status === 'RUNNING') {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    client.destroy();
    if (execution.status !== 'SUCCEEDED') {
      throw new UserError(
        `The workflow ended as ${execution.status}: ${execution.error ?? ''}`,
        'Look at the log of the function Pull.',
      );
    }
    return tellOutcomes(outcomes.parse(JSON.parse(execution.output ?? '[]')), options);
  }
}

function tellOutcomes(found: z.infer<typeof outcomes>, options: PullOptions): void {
  if (options.json === true) return void process.stdout.write(`${JSON.stringify(found)}\n`);
  const terminal = createTerminal(process.stdout);
  if (found.length === 0) terminal.line('No source is due.');
  for (const { sourceId, outcome, reason, recordCount = 0 } of found) {
    const why = reason === undefined ? '' : `: ${reason}`;
    terminal.line(`${sourceId.padEnd(24)} ${outcome}, ${recordCount} records${why}`);
  }
}

/** Forgets pauses and rhythm, not where the source stands. */
async function makeDue(sourceId: string, options: PullOptions): Promise<void> {
  await onConfigTable(options, async ({ client, name }) => {
    const document = await configDocuments(client, name, 'pull', pullDocument).get(sourceId);
    if (document === undefined) {
      throw new UserError(`There is no pull "${sourceId}".`, 'See `kindred pull status`.');
    }
    const states = createPullStates(client, name);
    const before = await states.get(sourceId);
    if (before === undefined) return;
    const { retryAtMs: _, startedAtMs: __, ...state } = before;
    if (await states.put(sourceId, { ...state, version: state.version + 1 })) return;
    throw new UserError('A run is under way over this source.', 'Wait for it to end.');
  });
}

async function workflow(options: PullOptions) {
  if (options.stateMachine !== undefined) {
    const region = options.stateMachine.split(':')[3];
    return {
      client: new SFNClient(region ? { region } : {}),
      stateMachineArn: options.stateMachine,
    };
  }
  const connection = await readConnection(options.connection);
  const stateMachineArn = connection.resources.PullStateMachineArn;
  if (stateMachineArn === undefined) {
    throw new UserError(
      'The connection file names no PullStateMachineArn.',
      'Write it again with `npm start`, or give --state-machine.',
    );
  }
  return { client: new SFNClient(clientOptions(connection, 'sfn')), stateMachineArn };
}
