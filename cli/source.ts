import { Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { createSourceRegistry, type SourceRegistry } from '../adapters/dynamodb/source-registry.ts';
import { type SourceDocument, sourceDocument } from '../core/events/source.ts';
import { type ConfigTableOptions, onConfigTable, withConfigTable } from './config/config-table.ts';
import { espKeyCommand } from './source/esp-key.ts';
import { addSource, type NewKey, retireKey, rotateKey } from './source/write-keys.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface SourceOptions extends ConfigTableOptions {
  readonly json?: true;
}

interface AddOptions extends SourceOptions {
  readonly description?: string;
  readonly priority?: number;
  readonly serverSide?: true;
  readonly origin?: string[];
  readonly family?: string[];
  readonly eventsPerSecond?: number;
  readonly strict?: true;
}

/** Hex digits of a key's SHA-256 that tell it apart for a person. */
const DIGITS_SHOWN = 12;

/** `kindred source`: who may send events, and with which keys. */
export function sourceCommand(): Command {
  const command = new Command('source').description(
    'Make sources and rotate their write keys. A key is shown once; only its SHA-256 is kept.',
  );
  command.addHelpText(
    'after',
    `
Examples:
  kindred source add web-shop --origin https://shop.example   a website: its key is public
  kindred source add crm --server-side --priority 200         a server: may use /v1/import
  kindred source rotate-key crm                               a second key; both work
  kindred source retire-key crm                               ends the older of the two
  kindred source esp-key braze                                what Braze signs addresses with

Other settings are the source's document: kindred config get source crm`,
  );
  command
    .addCommand(addCommand())
    .addCommand(
      subcommand('rotate-key', 'give a source a second key').argument('<id>').action(rotate),
    )
    .addCommand(
      subcommand('retire-key', 'end a key within a minute: the older of two')
        .argument('<id>')
        .option('--sha256 <digits>', 'the key whose SHA-256 begins with these digits instead')
        .action(retire),
    )
    .addCommand(espKeyCommand())
    .addCommand(subcommand('list', 'sources and their keys’ SHA-256').action(list));
  for (const sub of command.commands) sub.exitOverride();
  return command;
}

function addCommand(): Command {
  return subcommand('add', 'make a source and its first key')
    .argument('<id>', 'lower-case letters, digits and hyphens; it stands in every event')
    .option('--description <text>', 'what it is, for people')
    .option(
      '--priority <n>',
      'who is believed where sources differ; 0 to 1000, default 100',
      number,
    )
    .option('--server-side', 'its key is secret: may use /v1/import')
    .option('--origin <origin...>', 'origins whose pages may send, e.g. https://shop.example')
    .option(
      '--family <family...>',
      'event families it may send: commerce email custom profile page',
    )
    .option('--events-per-second <n>', 'rate limit, averaged over a few seconds', number)
    .option('--strict', 'refuse events of unregistered names')
    .action(add);
}

function subcommand(name: string, description: string): Command {
  return withConfigTable(new Command(name).description(description)).option(
    '--json',
    'print one JSON document instead',
  );
}

async function add(id: string, options: AddOptions): Promise<void> {
  const source = sourceOf(id, options);
  const made = await onRegistry(options, (registry) => addSource(registry, source));
  printKey(made, options, `Made the source ${id}. Its write key, shown only now:`);
}

function sourceOf(id: string, options: AddOptions): SourceDocument {
  const parsed = sourceDocument.safeParse({
    sourceId: id,
    description: options.description,
    priority: options.priority,
    isServerSide: options.serverSide,
    allowedOrigins: options.origin,
    eventFamilies: options.family,
    eventsPerSecondMax: options.eventsPerSecond,
    schemaMode: options.strict === true ? 'strict' : undefined,
  });
  if (parsed.success) return parsed.data;
  throw new UserError(
    `This is not a source:\n${z.prettifyError(parsed.error)}`,
    'See `kindred source add --help`.',
  );
}

async function rotate(id: string, options: SourceOptions): Promise<void> {
  const made = await onRegistry(options, (registry) => rotateKey(registry, id));
  printKey(made, options, `Gave ${id} a further write key, shown only now:`);
}

async function retire(
  id: string,
  options: SourceOptions & { readonly sha256?: string },
): Promise<void> {
  const source = await onRegistry(options, (registry) => retireKey(registry, id, options.sha256));
  if (options.json === true) return printJson(source);
  const left = source.writeKeys.length === 1 ? 'one key is' : `${source.writeKeys.length} keys are`;
  createTerminal(process.stdout).line(`Retired a key of ${id}; ${left} left.`);
}

async function list(options: SourceOptions): Promise<void> {
  const found = await onRegistry(options, (registry) => registry.documents.list());
  if (options.json === true) return printJson(found.map(({ document }) => document));
  const terminal = createTerminal(process.stdout);
  for (const { document } of found) {
    const keys = document.writeKeys.map(
      ({ sha256, createdAt }) => `${sha256.slice(0, DIGITS_SHOWN)}… of ${createdAt.slice(0, 10)}`,
    );
    const state = document.isEnabled ? '' : '  (disabled)';
    terminal.line(`${document.sourceId.padEnd(24)} ${keys.join(', ') || 'no key'}${state}`);
  }
  if (found.length === 0) {
    createTerminal(process.stderr).line('There is only the default source, "website".');
  }
}

function onRegistry<Value>(
  options: SourceOptions,
  work: (registry: SourceRegistry) => Promise<Value>,
): Promise<Value> {
  return onConfigTable(options, ({ client, name }) => work(createSourceRegistry(client, name)));
}

/** The key goes to stdout alone, so that a script can take it; what is said about it to stderr. */
function printKey({ source, writeKey }: NewKey, options: SourceOptions, said: string): void {
  if (options.json === true) printJson({ sourceId: source.sourceId, writeKey });
  else {
    createTerminal(process.stderr).line(said);
    process.stdout.write(`${writeKey}\n`);
  }
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}
