import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { type MysqlWire, startMysqlWire } from '../support/mysql-wire.ts';
import {
  NO_POSTGRESQL,
  postgresqlFolder,
  startPostgresql,
  type TestPostgresql,
} from '../support/postgresql.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

if (postgresqlFolder === undefined) process.stderr.write(`${NO_POSTGRESQL}\n`);

const root = join(import.meta.dirname, '..', '..');
const guide = await readFile(join(root, 'docs', 'how-to', 'connect-a-database.md'), 'utf8');

/** What stands in the guide's fences of one kind. */
const fences = (kind: string): string[] =>
  [...guide.matchAll(/```(.*)\n([\s\S]*?)```/gu)].flatMap(([, name, text = '']) =>
    name === kind ? text : [],
  );
const documentOf = (kind: string) => JSON.parse(fences(kind)[0] ?? '');

let test: TestCloud;
let wire: MysqlWire;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-databases-'));
  [test, wire] = await Promise.all([startTestCloud(), startMysqlWire()]);
  await writeConnection(test.cloud.connection, join(folder, 'connection.json'));
}, 180_000);
afterAll(async () => {
  await Promise.all([test?.stop(), wire?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** A command as the guide gives it; answers what it printed. */
async function command(line: string): Promise<string> {
  const [npx, kindred, ...words] = line.split(' ');
  expect([npx, kindred]).toEqual(['npx', 'kindred']);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'cli', 'kindred.ts'), ...words, '--connection', join(folder, 'connection.json')],
    { cwd: folder },
  );
  return stdout;
}

async function putSecrets(secrets: object): Promise<void> {
  const { region, aws, resources } = test.cloud.connection;
  const client = new SecretsManagerClient({
    region,
    endpoint: aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const SecretString = JSON.stringify(secrets);
  await client.send(
    new PutSecretValueCommand({ SecretId: resources.SourceSecretsArn ?? '', SecretString }),
  );
  client.destroy();
}

const traitsOf = (userId: string) => async () => (await test.profileOf(userId))?.traits;
const shows = (text: string) => (traits: unknown) => JSON.stringify(traits ?? null).includes(text);

describe('the guide to databases', () => {
  let server: TestPostgresql | undefined;
  beforeAll(async () => {
    if (postgresqlFolder !== undefined) server = await startPostgresql();
    const { crm } = documentOf('json secret');
    await putSecrets({
      crm: { ...crm, caCertificate: server?.caCertificate ?? '' },
      shop: { user: 'administrator', password: 'unchecked' },
    });
  });
  afterAll(() => server?.stop());

  it.skipIf(postgresqlFolder === undefined)(
    'leads from a table of PostgreSQL to profiles, with its statements, documents and commands as they stand',
    async () => {
      const sql = (text: string) => server?.sql(text);
      await sql(`CREATE SCHEMA shop;
        CREATE TABLE shop.customers (id bigint PRIMARY KEY, email text, first_name text, city text,
          is_guest boolean, updated_at timestamptz);
        INSERT INTO shop.customers
          SELECT n, 'Ada' || n || '@Example.com', 'Ada ' || n, 'Berlin', n = 3, now() - n * interval '1 hour'
          FROM generate_series(1, 450) n`);
      for (const statements of fences('sql postgresql')) await sql(statements);
      const document = documentOf('json pull-postgresql');
      const connector = {
        ...document.connector,
        ...{ host: '127.0.0.1', port: server?.port, database: 'postgres' },
      };
      await writeFile(join(folder, 'crm.json'), JSON.stringify({ ...document, connector }));

      const [start = '', again = ''] = fences('sh');
      const [put = '', run = '', status = ''] = start.trim().split('\n');
      await command(put);
      expect(await command(run)).toMatch(/crm +finished, 449 records/);
      expect(await command(status)).toMatch(/crm +postgresql +idle +449 records, finished/);
      await eventually('the profile', traitsOf('450'), shows('Ada 450'));
      expect(await traitsOf('3')()).toBeUndefined();

      await sql(`UPDATE shop.customers SET first_name = 'Grace', updated_at = now() WHERE id = 7`);
      // The change, and the newest row before it, which lies in the overlap.
      expect(await command(run)).toMatch(/crm +finished, 2 records/);
      await eventually('the change', traitsOf('7'), shows('Grace'));

      await command(again.trim());
      expect(await command(run)).toMatch(/crm +finished, 449 records/);
    },
    180_000,
  );

  it('has a document for MySQL that the deployed bundle reads by', async () => {
    wire.columns.set('id', { columnType: 8 });
    wire.columns.set('updated_at', { columnType: 12, characterSet: 63 });
    wire.tables.exec(`CREATE TABLE customers (id INTEGER, email TEXT, updated_at TEXT);
      INSERT INTO customers VALUES (1, 'mysql@example.com', '2026-01-31 10:00:00.123456')`);
    const { connector, ...document } = documentOf('json pull-mysql');
    const here = { ...connector, host: '127.0.0.1', port: wire.port, tls: { mode: 'off' } };
    const file = join(folder, 'shop.json');
    await writeFile(file, JSON.stringify({ ...document, connector: here }));
    await command(`npx kindred config put pull shop ${file}`);
    expect(await command('npx kindred pull run shop')).toMatch(/shop +finished, 1 records/);
    expect(wire.log.map(({ sql }) => sql)).toContain('START TRANSACTION READ ONLY');
    await eventually(
      'the profile',
      () => test.profileOf('1'),
      (profile) => profile !== undefined,
    );
  });
});
