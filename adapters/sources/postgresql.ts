import { Socket } from 'node:net';
import type { Client, FieldDef } from 'pg';
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
import { jsonValue, type ValueKind } from './database-values.ts';
import {
  createKeysetConnector,
  type KeysetPage,
  type KeysetTable,
  type PageQuery,
} from './keyset.ts';

export const postgresqlConfig = z
  .strictObject({
    type: z.literal('postgresql'),
    port: z.int().min(1).max(65_535).default(5432),
    ...databaseFields,
  })
  .refine((config) => unreadColumn(config) === undefined, readsItsMapping);
export type PostgresqlConfig = z.infer<typeof postgresqlConfig>;

/** A table or view of PostgreSQL, or of what speaks its protocol and has its types. */
export function createPostgresqlConnector(
  config: PostgresqlConfig,
  services: DatabaseServices,
): Connector {
  return createKeysetConnector({ config, table: new PostgresqlTable(config, services) });
}

/** Ids of types, from PostgreSQL's own catalogue (pg_type.dat); they never change. */
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const BYTEA = 17;
/** int8, int2, int4, oid, numeric. */
const EXACT: ReadonlySet<number> = new Set([20, 21, 23, 26, 1700]);
/** text, name, bpchar, varchar, uuid. */
const TEXT: ReadonlySet<number> = new Set([25, 19, 1042, 1043, 2950]);
const kinds: ReadonlyMap<number, ValueKind> = new Map<number, ValueKind>([
  [16, 'boolean'],
  [700, 'float'],
  [701, 'float'],
  [114, 'json'],
  [3802, 'json'],
  // A day and a time of day have no zone to be written in.
  [1082, 'text'],
  [1083, 'text'],
  [TIMESTAMP, 'instant'],
  [TIMESTAMPTZ, 'instant'],
  ...[...EXACT].map((type) => [type, 'exact'] as const),
  ...[...TEXT].map((type) => [type, 'text'] as const),
]);

/** What of the table decides the query: known once it has been described. */
interface Shape {
  readonly select: string;
  readonly kinds: readonly ValueKind[];
  /** The type of the updated-at column, to which parameters are cast. */
  readonly timeType: 'timestamp' | 'timestamptz';
}

/** What the table is called in every query. */
const TABLE = 'source';

type Row = readonly (string | null)[];

/** One connection, made at the first page; each page is a transaction of its own that can't write. */
class PostgresqlTable implements KeysetTable {
  readonly #config: PostgresqlConfig;
  readonly #services: DatabaseServices;
  #open: { readonly client: Client; readonly socket: Socket } | undefined;
  #shape: Shape | undefined;

  constructor(config: PostgresqlConfig, services: DatabaseServices) {
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
    const open = this.#open;
    this.#open = undefined;
    await open?.client.end().catch(() => undefined);
  }

  #abandon(): void {
    this.#open?.socket.destroy();
    this.#open = undefined;
  }

  async #page(query: PageQuery): Promise<KeysetPage> {
    const client = await this.#connected(query.signal);
    await client.query('BEGIN READ ONLY');
    await this.#settle(client);
    this.#shape ??= await this.#describe(client);
    const shape = this.#shape;
    const until = query.until ?? (await this.#now(client, shape));
    const { text, values } = pageSql(this.#config, shape, query, until);
    const { rows } = await client.query<Row & string[]>({ text, values, rowMode: 'array' });
    await client.query('COMMIT');
    return {
      until,
      rows: rows.map(([time, id, ...columns]: Row) => ({
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

  async #connected(signal: AbortSignal): Promise<Client> {
    if (this.#open !== undefined) return this.#open.client;
    const { host, port, database } = this.#config;
    const { user, password, tls } = credentialsOf(this.#config, this.#services);
    const address = await checkedAddress(host, this.#services);
    // Loaded when a database is read: whoever reads none doesn't wait for it.
    const { default: pg } = await import('pg');
    // A run that ended meanwhile would leave a connection behind that nobody closes.
    if (signal.aborted) throw databaseError('lost', this.#config);
    const socket = new Socket();
    const client = new pg.Client({
      host: address,
      port,
      database,
      user,
      password,
      // The certificate is for the name, whatever address it has.
      ssl: tls === undefined ? false : { ...tls, ...(isName(host) ? { servername: host } : {}) },
      stream: () => socket,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      application_name: 'kindred',
      // Every value stays the database's own text.
      types: { getTypeParser: () => (text: string) => text },
    });
    // Told by the query that fails of it; without a listener it would end the process.
    client.on('error', () => undefined);
    this.#open = { client, socket };
    await client.connect();
    return client;
  }

  /** For this transaction alone: behind a pool of connections the next one is another's. */
  async #settle(client: Client): Promise<void> {
    const { statementTimeoutSeconds, timeZone } = this.#config;
    await client.query({
      text: `SELECT set_config('statement_timeout', $1, true), set_config('TimeZone', $2, true),
        set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'iso_8601', true)`,
      values: [`${statementTimeoutSeconds}s`, timeZone],
    });
  }

  async #describe(client: Client): Promise<Shape> {
    const { columns, idColumn, updatedAtColumn, table } = this.#config;
    const names = [updatedAtColumn, idColumn, ...columns].map(column);
    const { fields } = await client.query({
      text: `SELECT ${names.join(', ')} FROM ${quotedTable(table)} LIMIT 0`,
      rowMode: 'array',
    });
    const [time, id, ...rest] = fields;
    const selected = rest.map((field) => readable(field));
    return {
      timeType: timeTypeOf(time, updatedAtColumn),
      kinds: selected.map(({ kind }) => kind),
      select: [
        `${column(updatedAtColumn)}::text`,
        idText(id),
        ...selected.map(({ sql }) => sql),
      ].join(', '),
    };
  }

  async #now(client: Client, { timeType }: Shape): Promise<string> {
    const text = `SELECT clock_timestamp()::${timeType}::text`;
    const { rows } = await client.query<string[]>({ text, rowMode: 'array' });
    return rows[0]?.[0] ?? '';
  }

  #told(error: unknown): Error {
    if (error instanceof SourceRefusedError || error instanceof SourceUnavailableError) {
      return error;
    }
    const code = codeOf(error);
    const problem = problems[code ?? ''] ?? problemOfClass(code) ?? networkProblem(code);
    if (problem !== undefined) return databaseError(problem, this.#config);
    if (isStateCode(code)) {
      return new SourceRefusedError(`The database refused the query with SQLSTATE ${code}.`);
    }
    const message = error instanceof Error ? error.message : '';
    if (message === NO_TLS) return databaseError('noTls', this.#config);
    return databaseError(message === NO_ANSWER ? 'unreachable' : 'lost', this.#config);
  }
}

/** Words of the driver where it has no code. */
const NO_TLS = 'The server does not support SSL connections';
const NO_ANSWER = 'timeout expired';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const problems: Readonly<Record<string, DatabaseProblem>> = {
  '28P01': 'credentials',
  '28000': 'credentials',
  '3D000': 'database',
  '3F000': 'table',
  '42P01': 'table',
  '42703': 'column',
  '42501': 'grant',
  '25006': 'write',
  '22023': 'timeZone',
  '57014': 'slow',
  '40001': 'busy',
};

/** Class 53: no resources; 57: shut down or starting; 08: the connection. */
function problemOfClass(code: string | undefined): DatabaseProblem | undefined {
  if (!isStateCode(code)) return undefined;
  const kind = code.slice(0, 2);
  if (kind === '53' || kind === '57') return 'busy';
  return kind === '08' ? 'lost' : undefined;
}

function isStateCode(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/u.test(code) && /\d/u.test(code);
}

function pageSql(config: PostgresqlConfig, shape: Shape, query: PageQuery, until: string) {
  const { idColumn, updatedAtColumn, table } = config;
  const [time, id] = [column(updatedAtColumn), column(idColumn)];
  const values = [until];
  const conditions = [`${time} <= $1::${shape.timeType}`];
  if (query.after !== undefined) {
    values.push(query.after.time, query.after.id);
    conditions.push(`(${time}, ${id}) > ($2::${shape.timeType}, $3)`);
  }
  if (query.from !== undefined) {
    values.push(query.from.time, `${query.from.overlapMs} milliseconds`);
    conditions.push(`${time} >= $2::${shape.timeType} - $3::interval`);
  }
  const text = `SELECT ${shape.select} FROM ${quotedTable(table)} WHERE ${conditions.join(' AND ')}
    ORDER BY ${time}, ${id} LIMIT ${query.rowsMax}`;
  return { text, values };
}

function timeTypeOf(field: FieldDef | undefined, name: string): Shape['timeType'] {
  if (field?.dataTypeID === TIMESTAMPTZ) return 'timestamptz';
  if (field?.dataTypeID === TIMESTAMP) return 'timestamp';
  throw new SourceRefusedError(
    `The updated-at column "${name}" is no timestamp: name one, or convert it in a view.`,
  );
}

/** Ids of types whose text is theirs alone; floating point is neither exact nor always equal to itself. */
function idText(field: FieldDef | undefined): string {
  const type = field?.dataTypeID ?? 0;
  if (field !== undefined && (EXACT.has(type) || TEXT.has(type))) {
    return `${column(field.name)}::text`;
  }
  throw new SourceRefusedError(
    `The id column "${field?.name}" is no number, uuid or text: name one, or convert it in a view.`,
  );
}

/** How a column is selected as text, and what the text is. */
function readable({ name, dataTypeID }: FieldDef): { sql: string; kind: ValueKind } {
  const selected = column(name);
  if (dataTypeID === BYTEA) {
    throw new SourceRefusedError(
      `The column "${name}" holds bytes: leave it out, or encode it in a view.`,
    );
  }
  if (dataTypeID === TIMESTAMPTZ) {
    return { sql: `(${selected} AT TIME ZONE 'UTC')::text`, kind: 'instant' };
  }
  if (dataTypeID === TIMESTAMP) {
    const zoned = `${selected} AT TIME ZONE current_setting('TimeZone')`;
    return { sql: `(${zoned} AT TIME ZONE 'UTC')::text`, kind: 'instant' };
  }
  const kind = kinds.get(dataTypeID);
  if (kind !== undefined) return { sql: `${selected}::text`, kind };
  // Arrays, enumerations, ranges and all the rest, as PostgreSQL itself writes them in JSON.
  return { sql: `to_jsonb(${selected})::text`, kind: 'json' };
}

/** By the table's name: in ORDER BY a bare one would be the text that is selected under it. */
function column(name: string): string {
  return `${TABLE}.${quoted(name)}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quotedTable(table: string): string {
  return `${table.split('.').map(quoted).join('.')} AS ${TABLE}`;
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/u.test(host);
}
