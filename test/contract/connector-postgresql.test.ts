import { describe } from 'vitest';
import { createPostgresqlConnector } from '../../adapters/sources/postgresql.ts';
import { databaseServices, postgresqlOf } from '../support/databases.ts';
import {
  NO_POSTGRESQL,
  postgresqlFolder,
  startPostgresql,
  type TestPostgresql,
} from '../support/postgresql.ts';
import { describeConnector } from './connector-contract.ts';

if (postgresqlFolder === undefined) process.stderr.write(`${NO_POSTGRESQL}\n`);

let server: TestPostgresql;

describe.skipIf(postgresqlFolder === undefined)('with a real server', () => {
  describeConnector('PostgreSQL', {
    start: async () => {
      server = await startPostgresql();
      await server.sql(
        'CREATE TABLE customers (id bigint PRIMARY KEY, name text, changed_at timestamptz)',
      );
    },
    stop: () => server.stop(),
    clear: async () => void (await server.sql('TRUNCATE customers')),
    put: async (records) => {
      for (const { id, name, changedAtMs } of records) {
        await server.sql(
          `INSERT INTO customers VALUES ($1, $2, to_timestamp($3::double precision / 1000))
            ON CONFLICT (id) DO UPDATE SET name = $2, changed_at = excluded.changed_at`,
          [id, name, changedAtMs],
        );
      }
    },
    connect: () => createPostgresqlConnector(postgresqlOf(server.port), databaseServices()),
  });
});
