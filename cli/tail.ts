import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Command, InvalidArgumentError } from 'commander';
import { createInspectorReader } from '../adapters/dynamodb/inspector-reader.ts';
import { type Fate, fates } from '../core/events/inspection/fact.ts';
import { CONNECTION_FILE, clientOptions, readConnection } from './connection.ts';
import { eventLine } from './tail/event-line.ts';
import { followEvents } from './tail/follow-events.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface TailFlags {
  readonly source?: string;
  readonly fate?: Fate;
  readonly messageId?: string;
  readonly since: number;
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly connection: string;
  readonly table?: string;
}

const SINCE_MINUTES = 15;

/** `kindred tail`: what became of the last events, and with --follow of the next ones. */
export function tailCommand(): Command {
  return new Command('tail')
    .description('Show what became of the last events: accepted, quarantined and why, duplicate.')
    .option('-s, --source <id>', 'events of this source only')
    .option('--fate <fate>', `events of this fate only: ${fates.join(', ')}`, knownFate)
    .option('--message-id <id>', 'this event only')
    .option('--since <minutes>', 'how far back', minutes, SINCE_MINUTES)
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--json', 'one JSON document per event and line')
    .option('--connection <file>', 'connection file of a running Kindred', CONNECTION_FILE)
    .option('--table <name>', 'InspectorTableName in AWS, with your usual credentials')
    .action(tail);
}

async function tail(flags: TailFlags): Promise<void> {
  const { client, table } = await connect(flags);
  const terminal = createTerminal(process.stdout);
  const notes = createTerminal(process.stderr);
  const stop = new AbortController();
  // Stays installed: the launcher passes the terminal's signal on, so that it comes twice.
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await followEvents({
      reader: createInspectorReader(client, table),
      sourceId: flags.source,
      wanted: { fate: flags.fate, messageId: flags.messageId },
      sinceMs: Date.now() - flags.since * 60_000,
      isFollowing: flags.follow === true,
      signal: stop.signal,
      onEvent: (source, event) =>
        process.stdout.write(
          flags.json === true
            ? `${JSON.stringify({ source, ...event })}\n`
            : `${eventLine(source, event, terminal)}\n`,
        ),
      onLeftOut: (count) =>
        notes.line(`${count} more events came too fast to be written down one by one.`),
    });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    client.destroy();
  }
}

async function connect(flags: TailFlags): Promise<{ client: DynamoDBClient; table: string }> {
  if (flags.table !== undefined) return { client: new DynamoDBClient({}), table: flags.table };
  const connection = await readConnection(flags.connection);
  const table = connection.resources.InspectorTableName;
  if (table === undefined) {
    throw new UserError(
      'The connection file names no InspectorTableName.',
      'Write it again with `npm start`, or give --table.',
    );
  }
  return { client: new DynamoDBClient(clientOptions(connection, 'dynamodb')), table };
}

function knownFate(text: string): Fate {
  const found = fates.find((each) => each === text);
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${fates.join(', ')}.`);
  return found;
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number of minutes above 0.');
  return value;
}
