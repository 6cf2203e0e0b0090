import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { until } from '../contract/until.ts';
import { ADMINISTRATOR, freePort, unprivileged } from './postgresql.ts';

/** Where Debian and its kind put servers. */
const FOLDERS = [
  process.env.MYSQL_BIN ?? '',
  ...(process.env.PATH ?? '').split(delimiter),
  ...['/usr/sbin', '/usr/libexec', '/usr/local/mysql/bin'],
].filter((folder) => folder !== '');

/** MariaDB brings a `mysqld` too, so it is asked for first. */
const program = ['mariadbd', 'mysqld']
  .flatMap((name) => FOLDERS.map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
const installer = FOLDERS.map((folder) => join(folder, 'mariadb-install-db')).find((path) =>
  existsSync(path),
);

export const hasMysql = program !== undefined;
export const NO_MYSQL =
  'there is no MySQL here: install its server or that of MariaDB, or name its folder in MYSQL_BIN';

export interface TestMysql {
  readonly port: number;
  /** As root, who may write; in the database `postgres`, which the tests of both kinds read. */
  sql(text: string, values?: (string | number)[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** A server of its own in a folder of its own, gone when stopped. */
export async function startMysql(): Promise<TestMysql> {
  if (program === undefined) throw new Error(NO_MYSQL);
  const folder = await mkdtemp(join(tmpdir(), 'kindred-mysql-'));
  const identity = await unprivileged();
  if (identity.uid !== undefined && identity.gid !== undefined) {
    await chown(folder, identity.uid, identity.gid);
  }
  const data = `--datadir=${join(folder, 'data')}`;
  const isMariaDb = program.endsWith('mariadbd');
  if (isMariaDb) {
    const words = ['--no-defaults', data, '--auth-root-authentication-method=normal'];
    await promisify(execFile)(installer ?? 'mariadb-install-db', words, {
      ...identity,
      cwd: folder,
    });
  } else {
    const words = ['--no-defaults', '--initialize-insecure', data];
    await promisify(execFile)(program, words, { ...identity, cwd: folder });
  }
  const port = await freePort();
  const socketPath = join(folder, 'socket');
  const server = spawn(
    program,
    ['--no-defaults', data, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${socketPath}`],
    { ...identity, cwd: folder, stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  const pool = mysql.createPool({ socketPath, user: 'root', multipleStatements: true });
  await until(() => pool.query('SELECT 1').then(Boolean, () => undefined));
  const { user, password } = ADMINISTRATOR;
  await pool.query(
    'CREATE DATABASE postgres; CREATE USER ? IDENTIFIED BY ?; GRANT ALL ON postgres.* TO ?',
    [user, password, user],
  );
  await pool.end();
  const own = mysql.createPool({ socketPath, user, password, database: 'postgres', timezone: 'Z' });
  return {
    port,
    sql: async (text, values = []) => (await own.query(text, values))[0],
    stop: async () => {
      await own.end();
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
