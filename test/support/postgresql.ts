import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { until } from '../contract/until.ts';

const run = promisify(execFile);

/** Where Debian and its kind put the programs that nobody calls by hand. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** The folder with `initdb` and `postgres`, or nothing where there is no server. */
export const postgresqlFolder = [
  process.env.POSTGRESQL_BIN ?? '',
  ...(process.env.PATH ?? '').split(delimiter),
  ...(existsSync(DEBIAN_FOLDER)
    ? readdirSync(DEBIAN_FOLDER).map((version) => join(DEBIAN_FOLDER, version, 'bin'))
    : []),
].find(
  (folder) =>
    folder !== '' && ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
);

export const NO_POSTGRESQL =
  'there is no PostgreSQL here: install its server, or name its folder in POSTGRESQL_BIN';

export const ADMINISTRATOR = { user: 'administrator', password: 'correct horse' };

export interface TestPostgresql {
  readonly port: number;
  /** PEM of the authority that signed the server's certificate for `db.example` and its address. */
  readonly caCertificate: string;
  /** As its administrator, who may write. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** A server of its own in a folder of its own, with TLS, gone when stopped. */
export async function startPostgresql(): Promise<TestPostgresql> {
  if (postgresqlFolder === undefined) throw new Error(NO_POSTGRESQL);
  const program = (name: string) => join(postgresqlFolder, name);
  const folder = await mkdtemp(join(tmpdir(), 'kindred-postgresql-'));
  const data = join(folder, 'data');
  const identity = await unprivileged();
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, ADMINISTRATOR.password);
  const caCertificate = await makeCertificates(folder);
  await chmod(folder, 0o700);
  if (identity.uid !== undefined && identity.gid !== undefined) {
    for (const path of [
      folder,
      ...['password', 'server.key', 'server.crt'].map((n) => join(folder, n)),
    ]) {
      await chown(path, identity.uid, identity.gid);
    }
  }
  await run(
    program('initdb'),
    [
      '-D',
      data,
      '-U',
      ADMINISTRATOR.user,
      '--pwfile',
      passwordFile,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ],
    { ...identity, cwd: folder },
  );
  const port = await freePort();
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    // Whether it survives a power cut is nothing that these tests ask.
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.crt'),
    ssl_key_file: join(folder, 'server.key'),
    timezone: 'America/New_York',
    datestyle: 'German',
  };
  const server = spawn(
    program('postgres'),
    [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...identity, cwd: folder, stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port,
    database: 'postgres',
    ssl: false,
    ...ADMINISTRATOR,
  });
  pool.on('error', () => undefined);
  await until(() => pool.query('SELECT 1').then(Boolean, () => undefined));
  return {
    port,
    caCertificate,
    sql: async (text, values) => (await pool.query(text, values)).rows,
    stop: async () => {
      await pool.end();
      server.kill('SIGQUIT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root: then as whoever is there to own nothing. */
export async function unprivileged(): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (userInfo().uid !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map((flag) =>
        run('id', [flag, name]).then(
          ({ stdout }) => Number(stdout),
          () => undefined,
        ),
      ),
    );
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and there is no other user');
}

/** A certificate for `db.example` and 127.0.0.1, and the authority that signed it. */
export async function makeCertificates(folder: string): Promise<string> {
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=Test authority',
    '-days',
    '2',
  );
  await openssl(
    ...[
      'req',
      '-x509',
      ...key,
      '-keyout',
      'server.key',
      '-out',
      'server.crt',
      '-subj',
      '/CN=db.example',
    ],
    ...[
      '-addext',
      'subjectAltName=DNS:db.example,IP:127.0.0.1',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ],
    ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2'],
  );
  await chmod(join(folder, 'server.key'), 0o600);
  const { stdout } = await run('cat', [join(folder, 'ca.crt')]);
  return stdout;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
