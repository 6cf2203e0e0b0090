import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import mysql, { type Connection } from 'mysql2';

/**
 * MySQL's own protocol on a port, spoken by mysql2's server side and answered out of SQLite: handshake,
 * prepared statements, parameters and rows are MySQL's to the byte, the SQL is what the connector sends
 * with the few words translated that SQLite writes otherwise. Not a MySQL: what only its optimizer, its
 * collations or its grants do is tested where there is a real one.
 */

/** How MySQL describes a column: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
export interface WireColumn {
  readonly columnType: number;
  readonly characterSet?: number;
  readonly flags?: number;
}

export interface MysqlWire {
  readonly port: number;
  readonly tables: DatabaseSync;
  /** Columns that are not VARCHAR. */
  readonly columns: Map<string, WireColumn>;
  /** Statements that came, with their parameters. */
  readonly log: { readonly sql: string; readonly values: readonly unknown[] }[];
  /** Answers the statements that contain the text with an error of MySQL, or with silence. */
  readonly failures: Map<string, { readonly code: number; readonly message: string } | 'silence'>;
  stop(): Promise<void>;
}

const UTF8MB4 = 45;
const BINARY = 63;
const VAR_STRING = 253;
/** All that MySQL 5.7 can but TLS: mysql2's server has none. */
const CAPABILITIES = 0xff_ff_ff & ~0x800;

export async function startMysqlWire(now = () => new Date()): Promise<MysqlWire> {
  const tables = new DatabaseSync(':memory:');
  tables.function('utc_timestamp', { varargs: true }, () => timeText(now().getTime() * 1000));
  tables.function('earlier', (time, us) => timeText(microseconds(String(time)) - Number(us)));
  // Tokyo has no daylight-saving time; of any other zone this server has no table.
  tables.function('convert_tz', (time, from, to) => {
    const hours = { '+00:00': 0, 'Asia/Tokyo': 9 } as Record<string, number>;
    const shift = (hours[String(to)] ?? Number.NaN) - (hours[String(from)] ?? Number.NaN);
    return Number.isNaN(shift)
      ? null
      : timeText(microseconds(String(time)) + shift * 3_600_000_000);
  });
  tables.function('version', () => '8.4.0');
  const wire = { tables, columns: new Map(), log: [], failures: new Map() };
  const server = mysql.createServer((connection) => serve(connection, wire));
  // As `on`: the server hands connections over by this event as well as to the handler.
  const sockets = new Set<Connection>();
  server.on('connection', (connection: Connection) => sockets.add(connection));
  server.listen(0);
  const inner = Reflect.get(server, '_server');
  await once(inner, 'listening');
  return {
    ...wire,
    port: inner.address().port,
    stop: async () => {
      for (const connection of sockets) connection.destroy();
      inner.close();
      tables.close();
    },
  };
}

type Answering = Omit<MysqlWire, 'port' | 'stop'>;

function serve(connection: Connection, wire: Answering): void {
  const statements = new Map<number, string>();
  connection.serverHandshake({
    protocolVersion: 10,
    serverVersion: '8.4.0',
    connectionId: 1,
    statusFlags: 2,
    characterSet: UTF8MB4,
    capabilityFlags: CAPABILITIES,
    authCallback: ({ user }: { user: string }, done: (error: null, refusal?: object) => void) => {
      if (user === 'administrator') done(null);
      else done(null, { code: 1045, message: `Access denied for user '${user}'` });
      connection.sequenceId = 0;
    },
  });
  connection.on('error', () => undefined);
  // Else small packets wait for one another's acknowledgement.
  Reflect.get(connection, 'stream').setNoDelay(true);
  const answer = (sql: string, values: readonly unknown[], then: () => void) => {
    wire.log.push({ sql, values });
    const failure = [...wire.failures].find(([text]) => sql.includes(text))?.[1];
    if (failure === 'silence') return;
    // A command's packets are numbered from 0, and the answer goes on from there.
    connection.sequenceId = 1;
    if (failure !== undefined) connection.writeError(failure);
    else then();
    connection.sequenceId = 0;
  };
  connection.on('query', (sql: string) => answer(sql, [], () => connection.writeOk()));
  connection.on('stmt_prepare', (sql: string) => {
    // `SET` of a plain query comes this way too.
    if (sql.startsWith('SET ')) return answer(sql, [], () => connection.writeOk());
    const id = statements.size + 1;
    statements.set(id, sql);
    connection.sequenceId = 1;
    writePrepared(connection, id, sql.split('?').length - 1);
    connection.sequenceId = 0;
  });
  connection.on('stmt_execute', (id: number, _: number, __: number, values: unknown[]) => {
    const sql = statements.get(id) ?? '';
    answer(sql, values, () => writeRows(connection, wire, sql, values));
  });
}

function writePrepared(connection: Connection, id: number, parameterCount: number): void {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(id, 1);
  header.writeUInt16LE(parameterCount, 7);
  write(connection, header);
  if (parameterCount === 0) return;
  for (let index = 0; index < parameterCount; index += 1) {
    write(connection, definition('?', { columnType: VAR_STRING }));
  }
  connection.writeEof(0, 2);
}

function writeRows(connection: Connection, wire: Answering, sql: string, values: unknown[]): void {
  let statement: ReturnType<DatabaseSync['prepare']>;
  try {
    statement = wire.tables.prepare(translated(sql));
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const code = message.includes('no such table') ? 1146 : 1054;
    connection.writeError({ code, message });
    return;
  }
  statement.setReturnArrays(true);
  const names = statement.columns().map(({ name }) => name);
  // With values an array each, which the types don't know.
  const rows = statement.all(...(values as string[])) as unknown[] as unknown[][];
  const isDescription = sql.endsWith('LIMIT 0');
  write(connection, Buffer.from([names.length]));
  for (const name of names) {
    const column = isDescription ? wire.columns.get(name) : undefined;
    write(connection, definition(name, column ?? { columnType: VAR_STRING }));
  }
  connection.writeEof(0, 2);
  for (const row of rows) write(connection, binaryRow(row));
  connection.writeEof(0, 2);
}

function translated(sql: string): string {
  return sql
    .replaceAll(/CAST\(\? AS DATETIME\(6\)\) - INTERVAL (\d+) MICROSECOND/gu, 'earlier(?, $1)')
    .replaceAll('CAST(? AS DATETIME(6))', '?')
    .replaceAll(/CAST\(\? AS (UN)?SIGNED\)/gu, 'CAST(? AS INTEGER)')
    .replaceAll(/CAST\(\? AS DECIMAL\(65, 30\)\)/gu, 'CAST(? AS NUMERIC)');
}

/** A packet as mysql2 writes it; its own class stands behind none of its exports. */
function write(connection: Connection, payload: Buffer): void {
  const buffer = Buffer.concat([Buffer.alloc(4), payload]);
  connection.writePacket({
    buffer,
    length: () => buffer.length,
    writeHeader: (sequenceId: number) => {
      buffer.writeUIntLE(payload.length, 0, 3);
      buffer.writeUInt8(sequenceId, 3);
    },
  });
}

const lengthCoded = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const prefix =
    bytes.length < 251 ? [bytes.length] : [0xfc, bytes.length % 256, bytes.length >> 8];
  return Buffer.concat([Buffer.from(prefix), bytes]);
};

function definition(name: string, column: WireColumn): Buffer {
  const { columnType, characterSet = UTF8MB4, flags = 0 } = column;
  const fixed = Buffer.alloc(13);
  fixed.writeUInt8(0x0c, 0);
  fixed.writeUInt16LE(characterSet, 1);
  fixed.writeUInt32LE(1_024, 3);
  fixed.writeUInt8(columnType, 7);
  fixed.writeUInt16LE(flags, 8);
  return Buffer.concat([...['def', 'shop', 't', 't', name, name].map(lengthCoded), fixed]);
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html */
function binaryRow(values: readonly unknown[]): Buffer {
  const nulls = Buffer.alloc(Math.floor((values.length + 9) / 8));
  for (const [index, value] of values.entries()) {
    const bit = index + 2;
    if (value === null) nulls[bit >> 3] = (nulls[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  const texts = values.flatMap((value) => (value === null ? [] : lengthCoded(String(value))));
  return Buffer.concat([Buffer.from([0]), nulls, ...texts]);
}

/** `2026-01-31 10:00:00.123456`, as MySQL casts a DATETIME(6) to CHAR. */
export function timeText(us: number): string {
  const [day = '', time = ''] = new Date(Math.floor(us / 1000)).toISOString().split('T');
  const rest = String(((us % 1000) + 1000) % 1000).padStart(3, '0');
  return `${day} ${time.slice(0, -1)}${rest}`;
}

function microseconds(text: string): number {
  const [whole = '', fraction = '0'] = text.split('.');
  return Date.parse(`${whole.replace(' ', 'T')}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
}

export const bytesColumn: WireColumn = { columnType: VAR_STRING, characterSet: BINARY };
