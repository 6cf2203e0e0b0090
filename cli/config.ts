import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { Command } from 'commander';
import * as z from 'zod';
import { configDocuments } from '../adapters/dynamodb/config-documents.ts';
import {
  type ConfigTable,
  type ConfigTableOptions,
  onConfigTable,
  withConfigTable,
} from './config/config-table.ts';
import { type ConfigKind, configKinds } from './config/kinds.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface ConfigOptions extends ConfigTableOptions {
  readonly json?: true;
}

/** `kindred config`: the documents that say how Kindred works, one per kind and id. */
export function configCommand(): Command {
  const command = new Command('config').description(
    'Read and write configuration documents: validated JSON, in effect within a minute.',
  );
  const kinds = configKinds.map(({ kind, describe }) => `  ${kind.padEnd(12)} ${describe}`);
  command.addHelpText(
    'after',
    `
Kinds:
${kinds.join('\n')}

Examples:
  kindred config list source                     ids of all sources
  kindred config get source web-shop > shop.json a document, to be edited
  kindred config put source shop.json            checked, then written under its own id
  kindred config put source - < shop.json        the same from standard input
  kindred config delete source old-shop`,
  );
  command
    .addCommand(subcommand('list', 'ids of a kind’s documents').argument('<kind>').action(list))
    .addCommand(
      subcommand('get', 'print a document').argument('<kind>').argument('<id>').action(get),
    )
    .addCommand(
      subcommand('put', 'check a document and write it')
        .argument('<kind>')
        .argument('<idOrFile>', 'the file, or the id that the file must have')
        .argument('[file]', 'JSON file; - reads standard input')
        .action(put),
    )
    .addCommand(
      subcommand('delete', 'delete a document').argument('<kind>').argument('<id>').action(remove),
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

async function list(kindName: string, options: ConfigOptions): Promise<void> {
  const kind = kindNamed(kindName);
  const stored = await onConfigTable(options, (table) => storedDocuments(table, kind).list());
  const found = stored.map(({ id, document }) => ({ id, document: read(kind, id, document) }));
  if (options.json === true) return printJson(found.map(({ document }) => document));
  const terminal = createTerminal(process.stdout);
  for (const { id } of found) terminal.line(id);
  if (found.length === 0) createTerminal(process.stderr).line(`There is no ${kind.kind} yet.`);
}

async function get(kindName: string, id: string, options: ConfigOptions): Promise<void> {
  const kind = kindNamed(kindName);
  const stored = await onConfigTable(options, (table) => storedDocuments(table, kind).get(id));
  if (stored === undefined) throw missing(kind.kind, id);
  const document = read(kind, id, stored);
  if (options.json === true) printJson(document);
  else process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** As they are stored: one that is not valid (any more) must be seen and deleted like the others. */
function storedDocuments({ client, name }: ConfigTable, { kind }: ConfigKind) {
  return configDocuments(client, name, kind, z.unknown());
}

/** The document in its kind's form; one that has not that form as it is, and a word of it beside the output. */
function read({ kind, schema }: ConfigKind, id: string, stored: unknown): unknown {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  createTerminal(process.stderr).line(
    `${id} is stored, but is not a valid ${kind}, and is not used:\n${z.prettifyError(parsed.error)}\nWrite it again with \`kindred config put ${kind} <file>\`, or delete it.`,
  );
  return stored;
}

async function put(
  kindName: string,
  idOrFile: string,
  fileAfterId: string | undefined,
  options: ConfigOptions,
): Promise<void> {
  const kind = kindNamed(kindName);
  const file = fileAfterId ?? idOrFile;
  const document = await readDocument(kind, file);
  const id = idFor(kind, document, fileAfterId === undefined ? undefined : idOrFile, file);
  await onConfigTable(options, async (table) => {
    if (kind.write !== undefined) return kind.write(table, document);
    return configDocuments(table.client, table.name, kind.kind, kind.schema).put(id, document);
  });
  if (options.json === true) printJson({ kind: kind.kind, id });
  else createTerminal(process.stdout).line(`Wrote ${kind.kind} ${id}.`);
}

/** The id that the document has, or for a document without one that of the command line. */
function idFor(
  kind: ConfigKind,
  document: unknown,
  given: string | undefined,
  file: string,
): string {
  const own = kind.idOf(document);
  const id = own ?? given;
  if (id === undefined) {
    throw new UserError(
      `A ${kind.kind} has no id of its own.`,
      `Name it: kindred config put ${kind.kind} <id> ${file}`,
    );
  }
  if (own !== undefined && given !== undefined && own !== given) {
    throw new UserError(
      `${file} is the ${kind.kind} "${own}", not "${given}".`,
      'Correct its id, or leave the id out of the command.',
    );
  }
  return id;
}

async function remove(kindName: string, id: string, options: ConfigOptions): Promise<void> {
  const kind = kindNamed(kindName);
  await onConfigTable(options, async (table) => {
    const documents = storedDocuments(table, kind);
    if ((await documents.get(id)) === undefined) throw missing(kind.kind, id);
    await documents.delete(id);
  });
  if (options.json === true) printJson({ kind: kind.kind, id });
  else createTerminal(process.stdout).line(`Deleted ${kind.kind} ${id}.`);
}

function kindNamed(name: string): ConfigKind {
  const kind = configKinds.find((known) => known.kind === name);
  if (kind !== undefined) return kind;
  const names = configKinds.map((known) => known.kind).join(', ');
  throw new UserError(`There is no kind of document called "${name}".`, `Take one of: ${names}.`);
}

async function readDocument({ kind, schema }: ConfigKind, file: string): Promise<unknown> {
  const name = file === '-' ? 'standard input' : file;
  const text = await (file === '-' ? readText(process.stdin) : readFile(file, 'utf8')).catch(() => {
    throw new UserError(`${name} cannot be read.`, 'Check the path.');
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${name} is not JSON.`, 'Write one JSON document.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${name} is not a ${kind}:\n${z.prettifyError(parsed.error)}`,
    'Correct the fields named above; nothing was written.',
  );
}

function missing(kind: string, id: string): UserError {
  return new UserError(`There is no ${kind} "${id}".`, `See \`kindred config list ${kind}\`.`);
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
