import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Command } from 'commander';
import { SourceChangedError } from '../../adapters/dynamodb/source-registry.ts';
import { clientOptions, readConnection } from '../connection.ts';
import { UserError } from '../user-error.ts';

export interface ConfigTableOptions {
  readonly connection?: string;
  readonly configTable?: string;
  readonly region?: string;
}

/** The table that holds the configuration, and a client that reaches it. */
export interface ConfigTable {
  readonly client: DynamoDBClient;
  readonly name: string;
}

/** The options by which a command finds the config table. */
export function withConfigTable(command: Command): Command {
  return command
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--config-table <name>',
      'config table in AWS, with your usual credentials: ConfigTableName of the stack’s outputs (or KINDRED_CONFIG_TABLE)',
    )
    .option('--region <region>', 'region of --config-table (or AWS_REGION)');
}

/** Runs `work` on the config table; a table that can't be reached becomes an error with its remedy. */
export async function onConfigTable<Value>(
  options: ConfigTableOptions,
  work: (table: ConfigTable) => Promise<Value>,
): Promise<Value> {
  const table = await configTable(options);
  try {
    return await work(table);
  } catch (error) {
    throw explained(error, table.name);
  } finally {
    table.client.destroy();
  }
}

async function configTable(options: ConfigTableOptions): Promise<ConfigTable> {
  const named = options.configTable ?? process.env.KINDRED_CONFIG_TABLE;
  if (named !== undefined) {
    const region = options.region ?? process.env.AWS_REGION;
    return { client: new DynamoDBClient(region === undefined ? {} : { region }), name: named };
  }
  const connection = await readConnection(options.connection);
  const name = connection.resources.ConfigTableName;
  if (name === undefined) {
    throw new UserError(
      'The connection file names no ConfigTableName.',
      'Write it again with `npm start`, or give --config-table.',
    );
  }
  return { client: new DynamoDBClient(clientOptions(connection, 'dynamodb')), name };
}

/** What DynamoDB and the way to it are known to answer; anything else is passed on as it is. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ResourceNotFoundException',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'UnrecognizedClientException',
]);

function explained(error: unknown, table: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof SourceChangedError) {
    return new UserError(
      'The source was changed by somebody else at the same moment.',
      'Nothing was written; run the command again.',
    );
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (!unreachable.has(code)) return error;
  return new UserError(
    `The config table ${table} could not be asked (${code}): ${error.message}`,
    'Check that `npm start` is still running, or your AWS credentials, the region and the table’s name.',
  );
}
