import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceRefusedError, SourceUnavailableError } from '../../adapters/sources/connector.ts';
import type { DatabaseServices } from '../../adapters/sources/database-connection.ts';
import { createPostgresqlConnector } from '../../adapters/sources/postgresql.ts';
import { until } from '../contract/until.ts';
import { databaseServices, postgresqlOf } from '../support/databases.ts';
import {
  ADMINISTRATOR,
  NO_POSTGRESQL,
  postgresqlFolder,
  startPostgresql,
  type TestPostgresql,
} from '../support/postgresql.ts';

if (postgresqlFolder === undefined) process.stderr.write(`${NO_POSTGRESQL}\n`);

const context = { nowMs: 0, recordsMax: 10, overlapMs: 0, signal: new AbortController().signal };

describe.skipIf(postgresqlFolder === undefined)('a connection to PostgreSQL', () => {
  let server: TestPostgresql;
  beforeAll(async () => {
    server = await startPostgresql();
    await server.sql(`CREATE TABLE customers (id int PRIMARY KEY, name text, changed_at timestamptz,
        photo bytea, score float8);
      INSERT INTO customers VALUES (1, 'secret name', '2026-01-31Z');
      CREATE TABLE written (n int);
      CREATE FUNCTION writing() RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO written VALUES (1); RETURN 'w'; END $$;
      CREATE VIEW writes AS SELECT id, changed_at, writing() AS name FROM customers;
      CREATE VIEW slow AS SELECT id, changed_at, pg_sleep(60)::text AS name FROM customers;
      CREATE VIEW broken AS SELECT id, changed_at, (1 / (id - 1))::text AS name FROM customers;
      CREATE ROLE stranger LOGIN PASSWORD 'stranger'`);
  });
  afterAll(() => server?.stop());

  async function read(changes: object = {}, services: Partial<DatabaseServices> = {}) {
    const config = postgresqlOf(server.port, changes);
    const connector = createPostgresqlConnector(config, databaseServices(services));
    try {
      return await connector.read(undefined, context);
    } finally {
      await connector.close?.();
    }
  }

  it('can read and never write, whatever a view calls', async () => {
    await expect(read({ table: 'writes' })).rejects.toThrow(
      /writes something, which is never allowed/,
    );
    expect(await server.sql('SELECT * FROM written')).toEqual([]);
  });

  it('is verified by default: authority, name and all', async () => {
    const services = {
      secrets: { ...ADMINISTRATOR, ca: server.caCertificate },
      lookup: (
        name: string,
        _: object,
        done: (error: null, found: { address: string; family: number }[]) => void,
      ) =>
        done(null, [{ address: name.endsWith('.example') ? '127.0.0.1' : '192.0.2.1', family: 4 }]),
    };
    const tls = { mode: 'verified', caCertificateSecret: 'ca' };
    expect((await read({ host: 'db.example', tls }, services)).recordCount).toBe(1);
    const notVerified = /certificate of "host" could not be verified/;
    await expect(read({ host: 'other.example', tls }, services)).rejects.toThrow(notVerified);
    expect((await read({ tls }, { secrets: services.secrets })).recordCount).toBe(1);
    await expect(read({ host: 'db.example', tls: undefined }, services)).rejects.toThrow(
      notVerified,
    );
  });

  it('goes to no private address unless the document says so, and asks for the address once', async () => {
    const egress = { allowPrivateAddresses: false };
    await expect(read({}, { egress })).rejects.toThrow(/set allowPrivateAddresses/);
    let lookups = 0;
    const lookup: DatabaseServices['lookup'] = (_, __, done) => {
      lookups += 1;
      // The second answer would be another: DNS rebinding.
      done(null, [{ address: lookups === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
    };
    await expect(read({ host: 'db.example' }, { egress, lookup })).rejects.toThrow(/not public/);
    lookups = 0;
    expect((await read({ host: 'db.example' }, { lookup })).recordCount).toBe(1);
    expect(lookups).toBe(1);
    await expect(read({ host: '169.254.169.254' })).rejects.toThrow(/not public/);
  });

  it.each<[what: string, changes: object, message: RegExp, services?: Partial<DatabaseServices>]>([
    [
      'a wrong password',
      {},
      /refused the login: correct "user" and "password"/,
      { secrets: { user: 'administrator', password: 'wrong' } },
    ],
    ['no password', {}, /no "password" for this source/, { secrets: { user: 'administrator' } }],
    ['another database', { database: 'nowhere' }, /database "nowhere" is not there/],
    ['a table that is not there', { table: 'shop.orders' }, /"shop.orders" is not there/],
    [
      'a column that is not there',
      { columns: ['id', 'name', 'changed_at', 'age'] },
      /column is not in "customers"/,
    ],
    [
      'a user without rights',
      {},
      /GRANT SELECT/,
      { secrets: { user: 'stranger', password: 'stranger' } },
    ],
    [
      'a column of bytes',
      { columns: ['id', 'name', 'changed_at', 'photo'] },
      /"photo" holds bytes/,
    ],
    ['a time that is none', { updatedAtColumn: 'name' }, /"name" is no timestamp/],
    ['an id that is not exact', { idColumn: 'score' }, /"score" is no number, uuid or text/],
    ['an unknown zone', { timeZone: 'Mars/Base' }, /"timeZone"/],
    ['a row that cannot be computed', { table: 'broken' }, /SQLSTATE 22012/],
  ])('of %s is refused in words that help', async (_, changes, message, services = {}) => {
    const refused = read(changes, services);
    await expect(refused).rejects.toBeInstanceOf(SourceRefusedError);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/secret name|correct horse|wrong/);
  });

  it('that nobody answers is unavailable, to be tried again', async () => {
    const refused = createPostgresqlConnector(postgresqlOf(1), databaseServices()).read(
      undefined,
      context,
    );
    await expect(refused).rejects.toBeInstanceOf(SourceUnavailableError);
    await expect(refused).rejects.toThrow(/could not be reached: check "host", "port"/);
  });

  it('ends a query that takes too long, in the database itself', async () => {
    const slow = read({ table: 'slow', statementTimeoutSeconds: 1 });
    await expect(slow).rejects.toBeInstanceOf(SourceUnavailableError);
    await expect(slow).rejects.toThrow(/over 1 s: make an index/);
  });

  it('is given up at once when the run is over', async () => {
    const run = new AbortController();
    const connector = createPostgresqlConnector(
      postgresqlOf(server.port, { table: 'slow' }),
      databaseServices(),
    );
    const reading = connector.read(undefined, { ...context, signal: run.signal });
    const isAsleep = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'kindred' AND wait_event = 'PgSleep'`;
    await until(async () => (await server.sql(isAsleep))[0]);
    run.abort();
    await expect(reading).rejects.toBeInstanceOf(SourceUnavailableError);
    await connector.close?.();
  });

  it('is not even begun for a run that ended while the name was looked up', async () => {
    const run = new AbortController();
    const lookup: DatabaseServices['lookup'] = (_, __, done) => {
      run.abort();
      setImmediate(() => done(null, [{ address: '127.0.0.1', family: 4 }]));
    };
    const config = postgresqlOf(server.port, { host: 'db.example' });
    const connector = createPostgresqlConnector(config, databaseServices({ lookup }));
    const isOpen = `SELECT query FROM pg_stat_activity WHERE application_name = 'kindred' AND query NOT LIKE '%slow%'`;
    await until(async () => ((await server.sql(isOpen)).length === 0 ? true : undefined));
    const reading = connector.read(undefined, { ...context, signal: run.signal });
    await expect(reading).rejects.toBeInstanceOf(SourceUnavailableError);
    // Another run comes and goes meanwhile: time enough for a connection that nobody wants.
    await read();
    await until(async () => ((await server.sql(isOpen)).length === 0 ? true : undefined));
  });

  it('that the database drops is made again for the next page', async () => {
    const connector = createPostgresqlConnector(postgresqlOf(server.port), databaseServices());
    await connector.read(undefined, context);
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kindred'`,
    );
    await expect(connector.read(undefined, context)).rejects.toBeInstanceOf(SourceUnavailableError);
    expect((await connector.read(undefined, context)).recordCount).toBe(1);
    await connector.close?.();
  });
});
