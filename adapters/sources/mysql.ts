import { connect } from 'node:net';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import * as z from 'zod';
import { type Connector, SourceRefusedError, SourceUnavailableError } from './connector.ts';
import { databaseFields, readsItsMapping, unreadColumn } from './database-config.ts';
import {
  ANSWER_MS,
  bounded,
  CONNECT_MS_MAX,
  checkedAddress,
  credentialsOf,
  type DatabaseServices,
} from './database-connection.ts';
import { codeOf, type DatabaseProblem, databaseError, networkProblem } from './database-errors.ts';
import { jsonValue } from './database-values.ts';
import {
  createKeysetConnector,
  type KeysetPage,
  type KeysetTable,
  type PageQuery,
} from './keyset.ts';
import {
  type MysqlShape,
  nowSql,
  pageSql,
  quoted,
  quotedTable,
  type Statement,
  shapeOf,
} from './mysql-query.ts';

export const mysqlConfig = z
  .strictObject({
    type: z.literal('mysql'),
    port: z.int().min(1).max(65_535).default(3306),
    ...databaseFields,
  })
  .refine((config) => unreadColumn(config) === undefined, readsItsMapping);
export type MysqlConfig = z.infer<typeof mysqlConfig>;

/** A table or view of MySQL from 5.7.8 on, or of MariaDB. */
export function createMysqlConnector(config: MysqlConfig, services: DatabaseServices): Connector {
  return createKeysetConnector({ config, table: new MysqlTable(config, services) });
}

/** One connection, made at the first page; each page is a transaction of its own that can't write. */
class MysqlTable implements KeysetTable {
  readonly #config: MysqlConfig;
  readonly #services: DatabaseServices;
  #connection: Connection | undefined;
  /** Frees a connection that is being made and is none yet. */
  #hangUp: (() => void) | undefined;
  #shape: MysqlShape | undefined;

  constructor(config: MysqlConfig, services: DatabaseServices) {
    this.#config = config;
    this.#services = services;
  }

  async readPage(query: PageQuery): Promise<KeysetPage> {
    const timeMsMax = this.#config.statementTimeoutSeconds * 1000 + CONNECT_MS_MAX + ANSWER_MS;
    const bounds = { signal: query.signal, timeMsMax, abandon: () => this.#abandon() };
    try {
      return await bounded(() => this.#page(query), bounds, this.#config);
    } catch (error) {
      // The transaction has failed, or nobody knows what the connection waits for.
      this.#abandon();
      throw this.#told(error);
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.end().catch(() => undefined);
  }

  #abandon(): void {
    this.#connection?.destroy();
    this.#hangUp?.();
    this.#connection = undefined;
  }

  async #page(query: PageQuery): Promise<KeysetPage> {
    const connection = await this.#connected(query.signal);
    await connection.query('START TRANSACTION READ ONLY');
    this.#shape ??= await this.#describe(connection);
    const shape = this.#shape;
    const until = query.until ?? (await this.#now(connection, shape));
    const rows = await texts(connection, pageSql(this.#config, shape, query, until));
    await connection.query('COMMIT');
    return {
      until,
      rows: rows.map(([time, id, ...columns]) => ({
        place: { time: time ?? '', id: id ?? null },
        record: Object.fromEntries(
          this.#config.columns.map((name, index) => [
            name,
            jsonValue(columns[index] ?? null, shape.kinds[index] ?? 'text'),
          ]),
        ),
      })),
    };
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const { host, port, database } = this.#config;
    const { user, password, tls } = credentialsOf(this.#config, this.#services);
    const address = await checkedAddress(host, this.#services);
    // Loaded when a database is read: whoever reads none doesn't wait for it.
    const { default: mysql } = await import('mysql2/promise');
    // A run that ended meanwhile would leave a connection behind that nobody closes.
    if (signal.aborted) throw databaseError('lost', this.#config);
    const socket = connect({ host: address, port, noDelay: true });
    this.#hangUp = () => socket.destroy();
    const connection = await mysql.createConnection({
      // For the certificate alone: the connection itself goes to the address that was checked.
      host,
      stream: () => socket,
      database,
      user,
      password,
      ...(tls === undefined ? {} : { ssl: { ...tls, verifyIdentity: true } }),
      charset: 'utf8mb4',
      connectTimeout: CONNECT_MS_MAX,
      // Its parsers by `new Function` would be none the faster for text alone.
      disableEval: true,
    });
    // Told by the query that fails of it; without a listener it would end the process.
    connection.on('error', () => undefined);
    this.#connection = connection;
    await this.#settle(connection);
    return connection;
  }

  async #settle(connection: Connection): Promise<void> {
    const [[version] = []] = await texts(connection, { sql: 'SELECT VERSION()', values: [] });
    const { statementTimeoutSeconds } = this.#config;
    // The two have the same limit under two names and in two units.
    const limit = /mariadb/iu.test(version ?? '')
      ? `max_statement_time = ${statementTimeoutSeconds}`
      : `max_execution_time = ${statementTimeoutSeconds * 1000}`;
    await connection.query('SET SESSION TRANSACTION READ ONLY');
    await connection.query(`SET SESSION time_zone = '+00:00', SESSION ${limit}`);
  }

  async #describe(connection: Connection): Promise<MysqlShape> {
    const { columns, idColumn, updatedAtColumn, table, timeZone } = this.#config;
    const names = [updatedAtColumn, idColumn, ...columns].map(quoted);
    const sql = `SELECT ${names.join(', ')} FROM ${quotedTable(table)} LIMIT 0`;
    const [, fields] = await connection.execute({ sql, rowsAsArray: true });
    return shapeOf(fields, timeZone);
  }

  async #now(connection: Connection, shape: MysqlShape): Promise<string> {
    const [[now] = []] = await texts(connection, nowSql(shape, this.#config.timeZone));
    // Without its tables of time zones MySQL converts to NULL.
    if (typeof now !== 'string') throw databaseError('timeZone', this.#config);
    return now;
  }

  #told(error: unknown): Error {
    if (error instanceof SourceRefusedError || error instanceof SourceUnavailableError) {
      return error;
    }
    const code = codeOf(error);
    const problem = problems[code ?? ''] ?? networkProblem(code);
    if (problem !== undefined) return databaseError(problem, this.#config);
    return code?.startsWith('ER_')
      ? new SourceRefusedError(`The database refused the query with ${code}.`)
      : databaseError('lost', this.#config);
  }
}

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html, and the driver's own. */
const problems: Readonly<Record<string, DatabaseProblem>> = {
  ER_ACCESS_DENIED_ERROR: 'credentials',
  ER_DBACCESS_DENIED_ERROR: 'database',
  ER_BAD_DB_ERROR: 'database',
  ER_NO_SUCH_TABLE: 'table',
  ER_BAD_FIELD_ERROR: 'column',
  ER_TABLEACCESS_DENIED_ERROR: 'grant',
  ER_COLUMNACCESS_DENIED_ERROR: 'grant',
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: 'write',
  ER_QUERY_TIMEOUT: 'slow',
  ER_STATEMENT_TIMEOUT: 'slow',
  ER_CON_COUNT_ERROR: 'busy',
  ER_USER_LIMIT_REACHED: 'busy',
  ER_SERVER_SHUTDOWN: 'busy',
  ER_LOCK_DEADLOCK: 'busy',
  ER_LOCK_WAIT_TIMEOUT: 'busy',
  HANDSHAKE_NO_SSL_SUPPORT: 'noTls',
};

type Texts = readonly (string | null)[];

/** A prepared statement's rows: values never become a part of the SQL. */
async function texts(connection: Connection, { sql, values }: Statement): Promise<Texts[]> {
  const [rows] = await connection.execute<(RowDataPacket & (string | null)[])[]>({
    sql,
    values: [...values],
    rowsAsArray: true,
  });
  return rows;
}
