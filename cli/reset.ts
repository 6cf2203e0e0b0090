import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Command } from 'commander';
import { CustomerChangedError, resetCustomer } from '../adapters/dynamodb/customer-reset.ts';
import type { Rebuild } from '../core/events/replay.ts';
import { customerKeyOf, identitiesOfKey } from '../core/identity/customer-key.ts';
import { identityRef } from '../core/identity/identity-key.ts';
import { clientOptions, readConnection } from './connection.ts';
import { identitySecret, withIdentitySecret } from './source/identity-secret.ts';
import { createTerminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface ResetOptions {
  readonly connection?: string;
  readonly identitySecret?: string;
  readonly region?: string;
  readonly profilesTable?: string;
  readonly identitiesTable?: string;
  readonly apart?: string[];
  readonly output: string;
}

/** `kindred reset`: takes profiles away, so that they can be built anew out of the lake. */
export function resetCommand(): Command {
  return withIdentitySecret(new Command('reset'))
    .description('take customers’ profiles away, to build them anew with kindred replay --rebuild')
    .argument('<customer...>', 'user ids, SHA-256 of addresses, or anon: and an anonymous id')
    .option('--apart <customer...>', 'identities that shall join nobody in the rebuild')
    .option('--output <file>', 'where to write what the rebuild needs', 'rebuild.json')
    .option('--profiles-table <name>', 'in AWS: ProfilesTableName of the stack’s outputs')
    .option('--identities-table <name>', 'in AWS: IdentitiesTableName of the stack’s outputs')
    .addHelpText(
      'after',
      `
Until they are rebuilt these customers are strangers. See docs/how-to/take-customers-apart.md.

Example:
  kindred reset anna --apart anon:till-4
  kindred replay start --raw --rebuild rebuild.json --from 2026-01-01`,
    )
    .action(reset);
}

async function reset(customers: string[], options: ResetOptions): Promise<void> {
  const secret = await identitySecret(options);
  const { client, tables } = await tablesOf(options);
  const refsOf = (key: string) => identitiesOfKey(checked(key), secret).map(identityRef);
  const wanted = customers.map(refsOf);
  const apart = (options.apart ?? []).flatMap(refsOf);
  const identities = new Set<string>();
  try {
    for (const refs of wanted) {
      for (const ref of await resetCustomer(client, tables, refs)) identities.add(ref);
    }
  } catch (error) {
    if (!(error instanceof CustomerChangedError)) throw error;
    throw new UserError(
      'A customer changed at this moment, or one of its identities was erased before.',
      'Run the command again; customers that were taken away already stay so, name them all again.',
    );
  } finally {
    client.destroy();
  }
  // Of a second run after a failure: those that are gone already are known by what they were named.
  for (const ref of wanted.flat()) identities.add(ref);
  const rebuild: Rebuild = {
    rebuildId: randomUUID(),
    resetAt: new Date().toISOString(),
    identities: [...identities],
    apart,
  };
  await writeFile(options.output, `${JSON.stringify(rebuild, null, 2)}\n`);
  createTerminal(process.stdout).line(
    `Took ${identities.size} identities away: kindred replay start --raw --rebuild ${options.output} --from <day>`,
  );
}

function checked(key: string): string {
  const read = customerKeyOf(key);
  if (read.kind === 'opaque') return read.value;
  throw new UserError('A customer is named by an address or by nothing.', 'Name its SHA-256.');
}

async function tablesOf({
  profilesTable,
  identitiesTable,
  region,
  connection: file,
}: ResetOptions) {
  if (profilesTable !== undefined && identitiesTable !== undefined) {
    const client = new DynamoDBClient(region === undefined ? {} : { region });
    return { client, tables: { profiles: profilesTable, identities: identitiesTable } };
  }
  const connection = await readConnection(file);
  const { ProfilesTableName: profiles, IdentitiesTableName: identities } = connection.resources;
  if (profiles === undefined || identities === undefined) {
    throw new UserError(
      'The connection file names no tables.',
      'Write it again with `npm start`, or give --profiles-table and --identities-table.',
    );
  }
  const client = new DynamoDBClient(clientOptions(connection, 'dynamodb'));
  return { client, tables: { profiles, identities } };
}
