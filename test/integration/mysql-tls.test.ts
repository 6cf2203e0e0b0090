import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseServices } from '../../adapters/sources/database-connection.ts';
import { createMysqlConnector } from '../../adapters/sources/mysql.ts';
import { databaseServices, mysqlOf } from '../support/databases.ts';
import { ADMINISTRATOR, makeCertificates } from '../support/postgresql.ts';

/** What a server says first: it is MySQL 8, and can TLS (0x800) and logins of 4.1 (0x8200). */
function greeting(): Buffer {
  const capabilities = Buffer.alloc(5);
  capabilities.writeUInt16LE(0x8a01, 0);
  capabilities.writeUInt8(45, 2);
  capabilities.writeUInt16LE(2, 3);
  const payload = Buffer.concat([
    ...[Buffer.from([10]), Buffer.from('8.4.0\0'), Buffer.alloc(4, 1), Buffer.alloc(8, 7)],
    // The upper half of the capabilities names no plugins, the rest is reserved.
    ...[Buffer.alloc(1), capabilities, Buffer.alloc(13), Buffer.alloc(12, 7), Buffer.alloc(1)],
  ]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
}

/** The client's request for TLS is a packet of its own; what follows, perhaps at once, is TLS. */
const TLS_REQUEST_BYTES = 36;

let folder = '';
let ca = '';
let context: SecureContext;
let server: Server;
let port = 0;
/** What came after TLS was agreed, in the clear of this side. */
const logins: string[] = [];

function serve(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.write(greeting());
  socket.once('data', (bytes: Buffer) => {
    socket.pause();
    if (bytes.length > TLS_REQUEST_BYTES) socket.unshift(bytes.subarray(TLS_REQUEST_BYTES));
    const secure = new TLSSocket(socket, { isServer: true, secureContext: context });
    secure.on('error', () => undefined);
    secure.once('data', (bytes: Buffer) => {
      logins.push(bytes.toString('latin1'));
      secure.destroy();
    });
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-mysql-tls-'));
  ca = await makeCertificates(folder);
  const [cert, key] = await Promise.all(
    ['server.crt', 'server.key'].map((name) => readFile(join(folder, name))),
  );
  context = createSecureContext({ cert: cert ?? '', key: key ?? '' });
  server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  logins.length = 0;
});

const lookup: DatabaseServices['lookup'] = (_, __, done) =>
  done(null, [{ address: '127.0.0.1', family: 4 }]);

function read(host: string, tls: object) {
  const services = databaseServices({ lookup, secrets: { ...ADMINISTRATOR, ca } });
  const connector = createMysqlConnector(mysqlOf(port, { host, tls }), services);
  const signal = new AbortController().signal;
  return connector.read(undefined, { nowMs: 0, recordsMax: 1, overlapMs: 0, signal });
}

const known = { mode: 'verified', caCertificateSecret: 'ca' };
const notVerified = /certificate of "host" could not be verified/;

describe('a login to MySQL', () => {
  it('goes to a server whose certificate is for its name and from the named authority', async () => {
    await expect(read('db.example', known)).rejects.not.toThrow(notVerified);
    expect(logins).toEqual([expect.stringContaining('administrator')]);
  });

  it.each([
    ['another name', 'other.example', known],
    ['an authority that nobody knows', 'db.example', { mode: 'verified' }],
  ])('does not go to one with a certificate of %s', async (_, host, tls) => {
    await expect(read(host, tls)).rejects.toThrow(notVerified);
    expect(logins).toEqual([]);
  });
});
