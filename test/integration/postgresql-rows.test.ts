import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cursor } from '../../adapters/sources/connector.ts';
import { createPostgresqlConnector } from '../../adapters/sources/postgresql.ts';
import { databaseServices, postgresqlOf } from '../support/databases.ts';
import {
  ADMINISTRATOR,
  NO_POSTGRESQL,
  postgresqlFolder,
  startPostgresql,
  type TestPostgresql,
} from '../support/postgresql.ts';

if (postgresqlFolder === undefined) process.stderr.write(`${NO_POSTGRESQL}\n`);

describe.skipIf(postgresqlFolder === undefined)('rows of PostgreSQL', () => {
  let server: TestPostgresql;
  beforeAll(async () => {
    server = await startPostgresql();
  });
  afterAll(() => server?.stop());

  const context = (recordsMax: number, overlapMs = 0) => ({
    nowMs: 0,
    recordsMax,
    overlapMs,
    signal: new AbortController().signal,
  });

  /** A run to the end: pages of `recordsMax`, the ids in the order in which they came. */
  async function run(changes: object, recordsMax = 2, cursor?: Cursor, overlapMs = 0) {
    const connector = createPostgresqlConnector(
      postgresqlOf(server.port, changes),
      databaseServices(),
    );
    const calls: Record<string, unknown>[] = [];
    let next = cursor;
    for (let page = 0; page < 50; page += 1) {
      const read = await connector.read(next, context(recordsMax, overlapMs));
      calls.push(...(read.calls as Record<string, unknown>[]));
      next = JSON.parse(JSON.stringify(read.next)) as Cursor;
      if (!read.isEnd) continue;
      await connector.close?.();
      return { calls, ids: calls.map(({ userId }) => userId), cursor: next };
    }
    throw new Error('the run does not come to its end');
  }

  it('that differ by a microsecond are each read once', async () => {
    await server.sql(`CREATE TABLE close AS SELECT n AS id, 'c' AS name,
      timestamptz '2026-01-31 10:00:00.123450+00' + n * interval '1 microsecond' AS changed_at
      FROM generate_series(1, 9) n`);
    const { ids, cursor } = await run({ table: 'close' });
    expect(ids).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await server.sql(`INSERT INTO close VALUES (10, 'c', '2026-01-31 10:00:00.123460+00')`);
    expect((await run({ table: 'close' }, 2, cursor)).ids).toEqual(['10']);
  });

  it.each([
    ['bigint', `9007199254740993 + n`, '9007199254740996'],
    ['numeric', `12345678901234567890.5 + n`, '12345678901234567893.5'],
    [
      'uuid',
      `('00000000-0000-4000-8000-00000000000' || n)::uuid`,
      '00000000-0000-4000-8000-000000000003',
    ],
    ['text', `'it''s "' || n || '" \\ %; --'`, `it's "3" \\ %; --`],
    ['char(8)', `'c' || n`, 'c3'],
  ])(
    'of one moment with ids of type %s keep their order and their digits',
    async (type, id, third) => {
      await server.sql('DROP TABLE IF EXISTS typed');
      await server.sql(`CREATE TABLE typed AS SELECT (${id})::${type} AS id, 'n' AS name,
      timestamptz '2026-01-31 10:00+00' AS changed_at FROM generate_series(1, 7) n`);
      const { ids } = await run({ table: 'typed' });
      expect(ids).toHaveLength(7);
      expect(new Set(ids).size).toBe(7);
      expect(ids[2]).toBe(third);
    },
  );

  it('without a time of change are not read, and those of the future not before their time', async () => {
    await server.sql(`CREATE TABLE odd (id int, name text, changed_at timestamptz)`);
    await server.sql(`INSERT INTO odd VALUES (1, 'never', NULL), (2, 'past', '2026-01-01Z'),
      (3, 'future', now() + interval '1 year'), (4, 'end', 'infinity'), (5, 'before', '-infinity')`);
    const { ids, cursor } = await run({ table: 'odd' });
    expect(ids).toEqual(['5', '2']);
    await server.sql(`INSERT INTO odd VALUES (6, 'next', '2026-01-02Z')`);
    expect((await run({ table: 'odd' }, 2, cursor)).ids).toEqual(['6']);
  });

  it('that change while a run is under way come with the next one, and the run ends', async () => {
    await server.sql(`CREATE TABLE busy AS SELECT n AS id, 'b' AS name,
      now() - interval '1 hour' + n * interval '1 second' AS changed_at FROM generate_series(1, 4) n`);
    const connector = createPostgresqlConnector(
      postgresqlOf(server.port, { table: 'busy' }),
      databaseServices(),
    );
    let cursor: Cursor | undefined;
    let pageCount = 0;
    for (let isEnd = false; !isEnd && pageCount < 20; pageCount += 1) {
      const page = await connector.read(cursor, context(1));
      ({ isEnd, next: cursor } = page);
      await server.sql('UPDATE busy SET changed_at = clock_timestamp() WHERE id <= 2');
    }
    await connector.close?.();
    expect(pageCount).toBeLessThanOrEqual(5);
    expect((await run({ table: 'busy' }, 2, cursor)).ids.toSorted()).toEqual(['1', '2']);
  });

  it('that a long transaction commits late are found in the overlap', async () => {
    await server.sql('CREATE TABLE late (id int, name text, changed_at timestamptz DEFAULT now())');
    const writer = new pg.Client({
      ...{ host: '127.0.0.1', port: server.port, database: 'postgres', ssl: false },
      ...ADMINISTRATOR,
    });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query(`INSERT INTO late VALUES (1, 'begun first, seen last')`);
    await server.sql(`INSERT INTO late VALUES (2, 'begun later')`);
    const { ids, cursor } = await run({ table: 'late' });
    expect(ids).toEqual(['2']);
    await writer.query('COMMIT');
    await writer.end();
    expect((await run({ table: 'late' }, 2, cursor, 0)).ids).toEqual([]);
    expect((await run({ table: 'late' }, 2, cursor, 60_000)).ids).toEqual(['1', '2']);
  });

  it('keep every value as it was, in UTC and without rounding', async () => {
    await server.sql(`CREATE TYPE mood AS ENUM ('glad');
      CREATE TABLE "Odd names" (id int, changed_at timestamptz, "naïve" timestamp, "a day" date,
        price numeric, exact numeric, nan numeric, big bigint, ratio float8, is_new boolean,
        tags text[], feeling mood, doc jsonb, old json, nothing text, span interval, ip inet);
      INSERT INTO "Odd names" VALUES (1, '2026-07-01 12:00:00.123456+02', '2026-07-01 12:00:00.5',
        '2026-07-01', 19.90, 0.1234567890123456789, 'NaN', 9007199254740993, 0.30000000000000004, true,
        '{a,"b c"}', 'glad', '{"n": 12345678901234567890, "m": 1.5}', '[1, null]', NULL, '1 day', '10.0.0.1')`);
    const columns = ['id', 'changed_at', 'naïve', 'a day', 'price', 'exact', 'nan', 'big', 'ratio'];
    const more = ['is_new', 'tags', 'feeling', 'doc', 'old', 'nothing', 'span', 'ip'];
    const fields = [...columns, ...more].map((name) => ({ from: name, to: `traits.${name}` }));
    const { calls } = await run({
      table: 'Odd names',
      columns: [...columns, ...more],
      timeZone: 'Europe/Berlin',
      mapping: { call: { type: 'identify' }, id: 'id', fields },
    });
    expect(calls[0]?.traits).toEqual({
      id: 1,
      changed_at: '2026-07-01T10:00:00.123456Z',
      naïve: '2026-07-01T10:00:00.5Z',
      'a day': '2026-07-01',
      price: 19.9,
      exact: '0.1234567890123456789',
      big: '9007199254740993',
      ratio: 0.30000000000000004,
      is_new: true,
      tags: ['a', 'b c'],
      feeling: 'glad',
      doc: { n: '12345678901234567890', m: 1.5 },
      old: [1, null],
      span: 'P1D',
      ip: '10.0.0.1',
    });
  });

  it('with times of a zone are compared with that zone’s now', async () => {
    await server.sql(`CREATE TABLE naive AS SELECT 1 AS id, 'n' AS name,
      (now() AT TIME ZONE 'Asia/Tokyo') - interval '1 minute' AS changed_at`);
    expect((await run({ table: 'naive', timeZone: 'Asia/Tokyo' })).ids).toEqual(['1']);
    // Taken for UTC they would be of the future.
    expect((await run({ table: 'naive' })).ids).toEqual([]);
  });

  it('come from a view as well, joined there', async () => {
    await server.sql(`CREATE SCHEMA marketing; CREATE TABLE marketing.people (id int, name text);
      CREATE TABLE marketing.changes (person int, at timestamptz);
      INSERT INTO marketing.people VALUES (1, 'Ada'); INSERT INTO marketing.changes VALUES (1, '2026-01-31Z');
      CREATE VIEW marketing.customers AS SELECT p.id, p.name, c.at AS changed_at
        FROM marketing.people p JOIN marketing.changes c ON c.person = p.id`);
    expect((await run({ table: 'marketing.customers' })).calls).toMatchObject([
      { userId: '1', traits: { name: 'Ada' }, timestamp: '2026-01-31T00:00:00Z' },
    ]);
  });

  it('twice with one id at one moment are refused, as one of them would be lost', async () => {
    await server.sql(`CREATE TABLE twins AS SELECT 1 AS id, 'n' AS name,
      timestamptz '2026-01-31Z' AS changed_at FROM generate_series(1, 2)`);
    await expect(run({ table: 'twins' }, 1)).rejects.toThrow(/"id" has one value twice/);
  });
});
