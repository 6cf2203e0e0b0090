import { SourceRefusedError } from './connector.ts';
import type { DatabaseConfig } from './database-config.ts';
import type { ValueKind } from './database-values.ts';
import type { PageQuery } from './keyset.ts';

/** The SQL that a table of MySQL is read by. Names are quoted, values are parameters, figures our own. */

export interface Statement {
  readonly sql: string;
  readonly values: readonly string[];
}

/** A column as MySQL describes it. */
interface Field {
  readonly name: string;
  readonly columnType?: number;
  readonly characterSet?: number;
  readonly flags: number | string[];
}

/** What of the table decides the query: known once it has been described. */
export interface MysqlShape {
  readonly select: string;
  /** Time zones that `select` takes as parameters. */
  readonly selectValues: readonly string[];
  readonly kinds: readonly ValueKind[];
  /** The updated-at column holds the time of a zone other than UTC. */
  readonly isZoned: boolean;
  /** The id's parameter, in the column's own type: as text a large number would be compared as a double. */
  readonly idParameter: string;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
const TIMESTAMP = 7;
const DATETIME = 12;
const DECIMAL = 246;
/** TINYINT, SMALLINT, INT, BIGINT, MEDIUMINT, YEAR. */
const INTEGERS: ReadonlySet<number> = new Set([1, 2, 3, 8, 9, 13]);
const FLOATS: ReadonlySet<number> = new Set([4, 5]);
const JSON_TYPE = 245;
/** DATE, TIME, ENUM, SET. */
const WORDS: ReadonlySet<number> = new Set([10, 11, 247, 248]);
/** Texts and bytes alike, told apart by their character set: VARCHAR, four sizes of BLOB, VAR_STRING, STRING. */
const STRINGS: ReadonlySet<number> = new Set([15, 249, 250, 251, 252, 253, 254]);
const BINARY_CHARACTER_SET = 63;
const UNSIGNED_FLAG = 32;

/** Below any time that is one: zero dates are neither ordered nor comparable. */
const EARLIEST = '1000-01-01 00:00:00.000000';
const TIME_PARAMETER = 'CAST(? AS DATETIME(6))';

export function shapeOf(fields: readonly Field[], timeZone: string): MysqlShape {
  const [time, id, ...rest] = fields;
  if (time === undefined || id === undefined) throw new Error('a description without columns');
  const timeType = time.columnType;
  if (timeType !== TIMESTAMP && timeType !== DATETIME) {
    throw new SourceRefusedError(
      `The updated-at column "${time.name}" is no TIMESTAMP or DATETIME: name one, or convert it in a view.`,
    );
  }
  const selected = rest.map((field) => readable(field, timeZone));
  return {
    select: [
      asText(quoted(time.name)),
      asText(quoted(id.name)),
      ...selected.map((s) => s.sql),
    ].join(', '),
    selectValues: selected.flatMap(({ values }) => values),
    kinds: selected.map(({ kind }) => kind),
    isZoned: timeType === DATETIME && timeZone !== 'UTC',
    idParameter: idParameterOf(id),
  };
}

/** The session's zone is UTC; a column in another zone is compared with that zone's time. */
export function nowSql({ isZoned }: MysqlShape, timeZone: string): Statement {
  if (!isZoned) return { sql: 'SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)', values: [] };
  return {
    sql: `SELECT CAST(CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', ?) AS CHAR)`,
    values: [timeZone],
  };
}

export function pageSql(
  { idColumn, updatedAtColumn, table }: DatabaseConfig,
  { select, selectValues, idParameter }: MysqlShape,
  { after, from, rowsMax }: PageQuery,
  until: string,
): Statement {
  const [time, id] = [quoted(updatedAtColumn), quoted(idColumn)];
  const values = [...selectValues, until, after?.time ?? from?.time ?? EARLIEST];
  const overlapUs = Math.round((from?.overlapMs ?? 0) * 1000);
  const floor =
    from === undefined ? TIME_PARAMETER : `${TIME_PARAMETER} - INTERVAL ${overlapUs} MICROSECOND`;
  const conditions = [`${time} <= ${TIME_PARAMETER}`, `${time} >= ${floor}`];
  if (after !== undefined) {
    // The same as (time, id) > (?, ?), which MySQL would answer without the index.
    conditions.push(`(${time} > ${TIME_PARAMETER} OR ${id} > ${idParameter})`);
    values.push(after.time, after.id);
  }
  return {
    sql: `SELECT ${select} FROM ${quotedTable(table)} WHERE ${conditions.join(' AND ')} ORDER BY ${time}, ${id} LIMIT ${rowsMax}`,
    values,
  };
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quotedTable(table: string): string {
  return table.split('.').map(quoted).join('.');
}

function asText(sql: string): string {
  return `CAST(${sql} AS CHAR)`;
}

function idParameterOf({ name, columnType = -1, characterSet, flags }: Field): string {
  if (INTEGERS.has(columnType)) {
    const isUnsigned = typeof flags === 'number' && (flags & UNSIGNED_FLAG) !== 0;
    return `CAST(? AS ${isUnsigned ? 'UNSIGNED' : 'SIGNED'})`;
  }
  if (columnType === DECIMAL) return 'CAST(? AS DECIMAL(65, 30))';
  if (STRINGS.has(columnType) && characterSet !== BINARY_CHARACTER_SET) return '?';
  throw new SourceRefusedError(
    `The id column "${name}" is no number or text: name one, or convert it in a view (BIN_TO_UUID).`,
  );
}

interface Readable {
  readonly sql: string;
  readonly kind: ValueKind;
  readonly values: readonly string[];
}

/** How a column is selected as text, and what the text is. */
function readable({ name, columnType = -1, characterSet }: Field, timeZone: string): Readable {
  const column = quoted(name);
  const as = (kind: ValueKind): Readable => ({ sql: asText(column), kind, values: [] });
  if (columnType === DATETIME && timeZone !== 'UTC') {
    const sql = asText(`CONVERT_TZ(${column}, ?, '+00:00')`);
    return { sql, kind: 'instant', values: [timeZone] };
  }
  if (columnType === TIMESTAMP || columnType === DATETIME) return as('instant');
  if (INTEGERS.has(columnType) || columnType === DECIMAL) return as('exact');
  if (FLOATS.has(columnType)) return as('float');
  if (columnType === JSON_TYPE) return as('json');
  const isText = STRINGS.has(columnType) && characterSet !== BINARY_CHARACTER_SET;
  if (isText || WORDS.has(columnType)) return as('text');
  throw new SourceRefusedError(
    `The column "${name}" holds bytes: leave it out, or encode it in a view.`,
  );
}
