import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Cursor,
  SourceRefusedError,
  SourceUnavailableError,
} from '../../adapters/sources/connector.ts';
import type { DatabaseServices } from '../../adapters/sources/database-connection.ts';
import { createMysqlConnector } from '../../adapters/sources/mysql.ts';
import { until } from '../contract/until.ts';
import { databaseServices, mysqlOf } from '../support/databases.ts';
import { bytesColumn, type MysqlWire, startMysqlWire } from '../support/mysql-wire.ts';

let wire: MysqlWire;
beforeAll(async () => {
  wire = await startMysqlWire(() => new Date('2026-01-31T12:00:00Z'));
  wire.tables.exec(`CREATE TABLE customers (id INTEGER, name TEXT, changed_at TEXT);
    INSERT INTO customers VALUES (1, 'secret name', '2026-01-31 10:00:00.000001'),
      (9007199254740993, 'Ada', '2026-01-31 10:00:00.000001'),
      (3, 'late', '2026-01-31 10:00:00.000002'), (4, 'future', '2027-01-01 00:00:00'),
      (5, 'zero', '0000-00-00 00:00:00'), (6, 'never', NULL)`);
});
afterAll(() => wire.stop());
beforeEach(() => {
  wire.failures.clear();
  wire.columns.clear();
  wire.columns.set('id', { columnType: 8 });
  wire.columns.set('changed_at', { columnType: 12, characterSet: 63 });
  wire.log.length = 0;
});

const context = { nowMs: 0, recordsMax: 1, overlapMs: 0, signal: new AbortController().signal };

async function read(
  changes: object = {},
  services: Partial<DatabaseServices> = {},
  cursor?: Cursor,
  more: object = {},
) {
  const connector = createMysqlConnector(mysqlOf(wire.port, changes), databaseServices(services));
  try {
    return await connector.read(cursor, { ...context, ...more });
  } finally {
    await connector.close?.();
  }
}

describe('what goes to MySQL', () => {
  it('is read-only twice over, bounded in time, in UTC, and a transaction of its own', async () => {
    await read();
    expect(wire.log.map(({ sql }) => sql)).toEqual([
      'SELECT VERSION()',
      'SET SESSION TRANSACTION READ ONLY',
      `SET SESSION time_zone = '+00:00', SESSION max_execution_time = 30000`,
      'START TRANSACTION READ ONLY',
      'SELECT `changed_at`, `id`, `id`, `name`, `changed_at` FROM `customers` LIMIT 0',
      'SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)',
      expect.stringMatching(/^SELECT CAST\(`changed_at` AS CHAR\), .* LIMIT 2$/),
      'COMMIT',
    ]);
  });

  it('has values as parameters alone, ids with all their digits and times with all of theirs', async () => {
    const first = await read();
    const second = await read({}, {}, first.next);
    const third = await read({}, {}, second.next);
    expect(
      [first, second, third].flatMap(
        ({ calls }) => calls as { userId: string; timestamp: string }[],
      ),
    ).toMatchObject([
      { userId: '1', timestamp: '2026-01-31T10:00:00.000001Z' },
      { userId: '9007199254740993', timestamp: '2026-01-31T10:00:00.000001Z' },
      { userId: '3', timestamp: '2026-01-31T10:00:00.000002Z' },
    ]);
    expect(third.isEnd).toBe(true);
    const { sql = '', values } =
      wire.log.findLast(({ sql: text }) => text.includes('OR `id` >')) ?? {};
    expect(sql).toContain('CAST(? AS SIGNED)');
    const time = '2026-01-31 10:00:00.000001';
    expect(values).toEqual(['2026-01-31 12:00:00.000000', time, time, '9007199254740993']);
    expect(sql).not.toContain('2026');
  });

  it('begins a later run before the watermark, by the overlap', async () => {
    const { next } = await read({}, {}, undefined, { recordsMax: 10 });
    wire.log.length = 0;
    await read({}, {}, next, { overlapMs: 300_000 });
    const { sql = '', values } = wire.log.at(-2) ?? {};
    expect(sql).toContain(
      '`changed_at` >= CAST(? AS DATETIME(6)) - INTERVAL 300000000 MICROSECOND',
    );
    expect(values).toEqual(['2026-01-31 12:00:00.000000', '2026-01-31 10:00:00.000002']);
  });

  it('asks in the column’s own zone, and answers in UTC', async () => {
    wire.tables.exec(`CREATE TABLE IF NOT EXISTS tokyo (id INTEGER, name TEXT, changed_at TEXT);
      INSERT INTO tokyo VALUES (1, 'n', '2026-01-31 20:00:00.000000')`);
    const { calls } = await read({ table: 'tokyo', timeZone: 'Asia/Tokyo' });
    expect(calls).toMatchObject([{ timestamp: '2026-01-31T11:00:00.000000Z' }]);
    // Taken for UTC it would be of the future.
    expect((await read({ table: 'tokyo' })).calls).toEqual([]);
    await expect(read({ timeZone: 'Mars/Base' })).rejects.toThrow(/load its time zones/);
  });
});

describe('what comes from MySQL', () => {
  it('is JSON of the column’s type, and exact', async () => {
    const types = { whole: 3, exact: 246, ratio: 5, doc: 245, day: 10, feeling: 247 };
    for (const [name, columnType] of Object.entries(types)) wire.columns.set(name, { columnType });
    wire.tables.exec(`CREATE TABLE IF NOT EXISTS kinds (id INTEGER, changed_at TEXT, whole, exact TEXT,
        ratio REAL, doc TEXT, day TEXT, feeling TEXT, absent TEXT);
      INSERT INTO kinds VALUES (1, '2026-01-31 10:00:00', 7, '0.12345678901234567890', 0.5,
        '{"n": 12345678901234567890}', '2026-01-31', 'glad', NULL)`);
    const columns = ['id', 'changed_at', ...Object.keys(types), 'absent'];
    const fields = columns.map((name) => ({ from: name, to: `traits.${name}` }));
    const mapping = { call: { type: 'identify' }, id: 'id', fields };
    const { calls } = await read({ table: 'kinds', columns, mapping });
    expect(calls).toMatchObject([
      {
        traits: {
          id: 1,
          changed_at: '2026-01-31T10:00:00Z',
          whole: 7,
          exact: '0.12345678901234567890',
          ratio: 0.5,
          doc: { n: '12345678901234567890' },
          day: '2026-01-31',
          feeling: 'glad',
        },
      },
    ]);
  });
});

describe('a connection to MySQL', () => {
  it.each<[what: string, message: RegExp, changes: object, services?: Partial<DatabaseServices>]>([
    [
      'a wrong login',
      /refused the login: correct "user"/,
      {},
      { secrets: { user: 'eve', password: 'x' } },
    ],
    ['a server without TLS', /speaks no TLS/, { tls: undefined }],
    ['a table that is not there', /"nowhere" is not there/, { table: 'nowhere' }],
    [
      'a column that is not there',
      /column is not in "customers"/,
      { columns: ['id', 'name', 'changed_at', 'age'] },
    ],
    ['a time that is none', /"name" is no TIMESTAMP or DATETIME/, { updatedAtColumn: 'name' }],
    [
      'a private address',
      /set allowPrivateAddresses/,
      {},
      { egress: { allowPrivateAddresses: false } },
    ],
  ])('with %s is refused in words that help', async (_, message, changes, services) => {
    const refused = read(changes, services);
    await expect(refused).rejects.toBeInstanceOf(SourceRefusedError);
    await expect(refused).rejects.toThrow(message);
  });

  it('with bytes in a column is refused, as an id and as a value', async () => {
    wire.columns.set('name', bytesColumn);
    await expect(read()).rejects.toThrow(/"name" holds bytes: leave it out/);
    const fields = [{ from: 'changed_at', to: 'timestamp' }];
    const mapping = { call: { type: 'identify' }, id: 'id', fields };
    const named = { idColumn: 'name', columns: ['id', 'changed_at'], mapping };
    await expect(read(named)).rejects.toThrow(/"name" is no number or text/);
  });

  it.each([
    [1792, SourceRefusedError, /never allowed/],
    [1142, SourceRefusedError, /GRANT SELECT/],
    [1365, SourceRefusedError, /refused the query with ER_DIVISION_BY_ZERO/],
    [3024, SourceUnavailableError, /took over 30 s: make an index/],
    [1205, SourceUnavailableError, /starting, stopping or has no connection free/],
  ])(
    'that answers with error %i says what to do, and nothing of the rows',
    async (code, kind, message) => {
      wire.failures.set('LIMIT 2', { code, message: 'secret name' });
      const failed = read();
      await expect(failed).rejects.toBeInstanceOf(kind);
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.not.toThrow(/secret name/);
    },
  );

  it('that nobody answers is unavailable', async () => {
    const refused = createMysqlConnector(mysqlOf(1), databaseServices()).read(undefined, context);
    await expect(refused).rejects.toBeInstanceOf(SourceUnavailableError);
    await expect(refused).rejects.toThrow(/could not be reached/);
  });

  it('that falls silent is given up when the run is over', async () => {
    wire.failures.set('LIMIT 2', 'silence');
    const run = new AbortController();
    const reading = read({}, {}, undefined, { signal: run.signal });
    await until(() => wire.log.some(({ sql }) => sql.endsWith('LIMIT 2')) || undefined);
    run.abort();
    await expect(reading).rejects.toBeInstanceOf(SourceUnavailableError);
  });

  it('goes to the address that was checked, and looks no name up again', async () => {
    let lookups = 0;
    const lookup: DatabaseServices['lookup'] = (_, __, done) => {
      lookups += 1;
      done(null, [{ address: lookups === 1 ? '127.0.0.1' : '192.0.2.1', family: 4 }]);
    };
    expect((await read({ host: 'db.example' }, { lookup })).recordCount).toBe(1);
    expect(lookups).toBe(1);
  });
});
