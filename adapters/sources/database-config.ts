import * as z from 'zod';
import { recordMappingDocument } from '../../core/mapping/record-mapping-document.ts';

/**
 * How a table of a database is read: what the connectors of PostgreSQL and MySQL have in common. There is
 * no SQL in it: a view in the database is where rows are joined and chosen.
 */

/** Longest name of either database: PostgreSQL cuts at 63 bytes, MySQL refuses beyond 64 characters. */
const NAME_CHARACTERS_MAX = 63;
/** A table with more columns is one that a view should narrow. */
const COLUMNS_MAX = 200;
/** Well under the lease of a run, so that a page is over before another run takes the source. */
const STATEMENT_TIMEOUT_SECONDS_MAX = 120;

/** Letters, digits, `_`, `$`, blanks and hyphens: no quote and no dot, though names are quoted as well. */
const NAME = String.raw`[\p{L}_][\p{L}\p{N}_$ -]*`;

const columnName = z
  .string()
  .max(NAME_CHARACTERS_MAX)
  .regex(new RegExp(`^${NAME}$`, 'u'), {
    error: 'must be the name of a column; an expression belongs into a view',
  });

const tableName = z
  .string()
  .max(2 * NAME_CHARACTERS_MAX + 1)
  .regex(new RegExp(`^(${NAME}\\.)?${NAME}$`, 'u'), {
    error: 'must be the name of a table or view, or schema.name; a query belongs into a view',
  });

const secretName = z.string().min(1).max(100);

const tls = z.discriminatedUnion('mode', [
  /** The server's certificate must be for `host` and from an authority that is known. */
  z.strictObject({
    mode: z.literal('verified'),
    /** Name of the secret with the authority's certificates (PEM), where Node doesn't know it. */
    caCertificateSecret: secretName.optional(),
  }),
  /** Everything, the password included, may be read on the way. */
  z.strictObject({ mode: z.literal('off') }),
]);

/** The fields of every database's configuration but its type and port. */
export const databaseFields = {
  host: z.string().regex(/^[A-Za-z0-9._:-]{1,253}$/, {
    error: 'must be a host name or an address, without a port',
  }),
  database: z.string().min(1).max(NAME_CHARACTERS_MAX),
  /** A table or a view, `schema.name` where it isn't in the user's own schema. */
  table: tableName,
  /** What a record holds, named one by one: a new column of the table never leaves it unasked. */
  columns: z.array(columnName).min(1).max(COLUMNS_MAX),
  /** Tells rows of the same moment apart: unique and never null. */
  idColumn: columnName,
  /** When a row last changed; rows without it are never read. */
  updatedAtColumn: columnName,
  /** Zone of columns that hold a time without one. */
  timeZone: z
    .string()
    .regex(/^[A-Za-z0-9_+/:-]{1,64}$/, { error: 'must be UTC or a name like Europe/Berlin' })
    .default('UTC'),
  statementTimeoutSeconds: z.int().min(1).max(STATEMENT_TIMEOUT_SECONDS_MAX).default(30),
  tls: tls.default({ mode: 'verified' }),
  userSecret: secretName.default('user'),
  passwordSecret: secretName.default('password'),
  mapping: recordMappingDocument,
};

const databaseConfig = z.strictObject({ ...databaseFields, port: z.int().min(1).max(65_535) });
export type DatabaseConfig = z.infer<typeof databaseConfig>;

/** The column of the mapping that `columns` leaves out, if any: it would give calls without that field. */
export function unreadColumn({ columns, mapping }: DatabaseConfig): string | undefined {
  const copied = mapping.fields.flatMap((rule) => ('from' in rule ? rule.from : []));
  const paths = [mapping.id, ...mapping.version, ...copied];
  const named = paths.map((path) => path.split(/\.|\[\]/u, 1)[0] ?? '');
  return named.find((column) => !columns.includes(column));
}

/** For `refine`: every path of the mapping begins with a column that is read. */
export const readsItsMapping = {
  path: ['mapping'],
  error: 'must name columns of "columns" alone: add the missing one there',
};
