import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMysqlConnector } from '../../adapters/sources/mysql.ts';
import { databaseServices, mysqlOf } from '../support/databases.ts';
import { hasMysql, NO_MYSQL, startMysql, type TestMysql } from '../support/mysql.ts';
import { timeText } from '../support/mysql-wire.ts';
import { describeConnector } from './connector-contract.ts';

if (!hasMysql) process.stderr.write(`${NO_MYSQL}\n`);

let server: TestMysql;

describe.skipIf(!hasMysql)('with a real server', () => {
  beforeAll(async () => {
    server = await startMysql();
    await server.sql(
      'CREATE TABLE customers (id BIGINT PRIMARY KEY, name VARCHAR(100), changed_at DATETIME(6))',
    );
  });
  afterAll(() => server?.stop());

  describeConnector('MySQL', {
    start: async () => undefined,
    stop: async () => undefined,
    clear: async () => void (await server.sql('DELETE FROM customers')),
    put: async (records) => {
      for (const { id, name, changedAtMs } of records) {
        await server.sql('REPLACE INTO customers VALUES (?, ?, ?)', [
          id,
          name,
          timeText(changedAtMs * 1000),
        ]);
      }
    },
    connect: () => createMysqlConnector(mysqlOf(server.port), databaseServices()),
  });

  it('is read, and never written to, whatever a view calls', async () => {
    await server.sql('CREATE TABLE written (n INT)');
    await server.sql(
      `CREATE FUNCTION writing() RETURNS VARCHAR(9) NOT DETERMINISTIC MODIFIES SQL DATA
        BEGIN INSERT INTO written VALUES (1); RETURN 'w'; END`,
    );
    await server.sql("REPLACE INTO customers VALUES (1, 'n', '2026-01-31')");
    await server.sql(
      'CREATE VIEW writes AS SELECT id, changed_at, writing() AS name FROM customers',
    );
    const connector = createMysqlConnector(
      mysqlOf(server.port, { table: 'writes' }),
      databaseServices(),
    );
    const context = { nowMs: 0, recordsMax: 2, overlapMs: 0, signal: new AbortController().signal };
    await expect(connector.read(undefined, context)).rejects.toThrow(/never allowed/);
    expect(await server.sql('SELECT * FROM written')).toEqual([]);
    await connector.close?.();
  });
});
