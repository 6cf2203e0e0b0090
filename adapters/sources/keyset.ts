import { createHash } from 'node:crypto';
import * as z from 'zod';
import {
  type Connector,
  type Cursor,
  type PulledPage,
  type ReadContext,
  SourceRefusedError,
} from './connector.ts';
import type { DatabaseConfig } from './database-config.ts';
import { mappedRecords } from './mapped-records.ts';

/**
 * Reads a table in the order of (updated_at, id): a page begins right after the row that ended the one
 * before, so rows of one moment are neither skipped nor read for ever, and no page costs more than
 * another. Times and ids stay the database's own text on their way through the cursor: a JavaScript
 * date has milliseconds where databases have microseconds.
 *
 * A run goes from the watermark minus the overlap up to the database's own time at its beginning. So a
 * run ends however fast rows change, and the overlap has to outlast only the longest transaction, not the
 * run; and a row that claims to be of the future waits until then instead of hiding all others.
 */

/** Where a row stands in the order. */
export interface Place {
  readonly time: string;
  readonly id: string;
}

export interface PageQuery {
  /** Rows after this one alone. */
  readonly after: Place | undefined;
  /** Rows from a time minus the overlap on. */
  readonly from: { readonly time: string; readonly overlapMs: number } | undefined;
  /** Rows up to this time; without it up to the database's now. */
  readonly until: string | undefined;
  readonly rowsMax: number;
  readonly signal: AbortSignal;
}

export interface KeysetRow {
  readonly place: { readonly time: string; readonly id: string | null };
  readonly record: Readonly<Record<string, unknown>>;
}

export interface KeysetPage {
  readonly until: string;
  readonly rows: readonly KeysetRow[];
}

/** A table of a database that answers in the order of (updated_at, id). */
export interface KeysetTable {
  readPage(query: PageQuery): Promise<KeysetPage>;
  close(): Promise<void>;
}

const CURSOR_VERSION = 1;
/** Longest id that is still one: a cursor is a part of one item in a table. */
const ID_CHARACTERS_MAX = 1_000;

/** A database's own way to write a time, `2026-01-31 10:00:00.123456+00`. */
const timeText = z.string().regex(/^[-+\d:. A-Za-z]{1,60}$/u);
const idText = z.string().max(ID_CHARACTERS_MAX);

const position = z.strictObject({
  v: z.literal(CURSOR_VERSION),
  /** Hash of what is read: places in one table mean nothing in another. */
  of: z.string(),
  /** The last row of the runs that came to their end. */
  watermarkTime: timeText.nullable(),
  watermarkId: idText.nullable(),
  /** Where the run under way goes on, and to where; null between runs. */
  afterTime: timeText.nullable(),
  afterId: idText.nullable(),
  until: timeText.nullable(),
});
type Position = z.infer<typeof position>;

export interface KeysetOptions {
  readonly config: DatabaseConfig & { readonly type: string };
  readonly table: KeysetTable;
}

export function createKeysetConnector({ config, table }: KeysetOptions): Connector {
  const { type, host, port, database } = config;
  const namespace = `${type} ${host}:${port}/${database} ${config.table}`;
  const start: Position = {
    v: CURSOR_VERSION,
    of: hashOf(config),
    watermarkTime: null,
    watermarkId: null,
    afterTime: null,
    afterId: null,
    until: null,
  };
  return {
    async read(cursor: Cursor | undefined, context: ReadContext): Promise<PulledPage> {
      const at = positionOf(cursor, start);
      // One more than wanted tells whether there is more, and whether the next row is a twin.
      const page = await table.readPage(queryOf(at, context, context.recordsMax + 1));
      checkPlaces(page.rows, config);
      const rows = page.rows.slice(0, context.recordsMax);
      const isEnd = page.rows.length <= context.recordsMax;
      const last = rows.at(-1)?.place ?? placeOf(at.afterTime, at.afterId);
      return {
        ...mappedRecords(
          config.mapping,
          rows.map(({ record }) => record),
          namespace,
          context.nowMs,
        ),
        recordCount: rows.length,
        isEnd,
        next: isEnd
          ? {
              ...start,
              watermarkTime: last?.time ?? at.watermarkTime,
              watermarkId: last?.id ?? at.watermarkId,
            }
          : { ...at, afterTime: last?.time ?? null, afterId: last?.id ?? null, until: page.until },
      };
    },
    close: () => table.close(),
  };
}

function positionOf(cursor: Cursor | undefined, start: Position): Position {
  if (cursor === undefined) return start;
  const parsed = position.safeParse(cursor);
  if (!parsed.success) {
    throw new SourceRefusedError(
      'The stored cursor is not one of this connector; reset it with `kindred pull reset`.',
    );
  }
  if (parsed.data.of === start.of) return parsed.data;
  throw new SourceRefusedError(
    'The stored cursor is of another table, id or updated-at column; reset it with `kindred pull reset`.',
  );
}

function queryOf(at: Position, { overlapMs, signal }: ReadContext, rowsMax: number): PageQuery {
  const bounds = { until: at.until ?? undefined, rowsMax, signal };
  const after = placeOf(at.afterTime, at.afterId);
  if (after !== undefined) return { ...bounds, after, from: undefined };
  const watermark = placeOf(at.watermarkTime, at.watermarkId);
  if (watermark === undefined) return { ...bounds, after: undefined, from: undefined };
  if (overlapMs === 0) return { ...bounds, after: watermark, from: undefined };
  return { ...bounds, after: undefined, from: { time: watermark.time, overlapMs } };
}

function placeOf(time: string | null, id: string | null): Place | undefined {
  return time === null || id === null ? undefined : { time, id };
}

/** The order must be total, or rows between two pages would be lost in silence. */
function checkPlaces(rows: readonly KeysetRow[], { idColumn }: DatabaseConfig): void {
  for (const [index, { place }] of rows.entries()) {
    const before = rows[index - 1]?.place;
    if (place.id === null || place.id.length > ID_CHARACTERS_MAX) {
      throw new SourceRefusedError(
        `The id column "${idColumn}" is empty or over ${ID_CHARACTERS_MAX} characters in a row: name a column that identifies every row.`,
      );
    }
    if (place.id === before?.id && place.time === before.time) {
      throw new SourceRefusedError(
        `The id column "${idColumn}" has one value twice at the same moment: name a unique column.`,
      );
    }
  }
}

/** Not the host: a replica or a restored copy has the same rows. */
function hashOf(config: KeysetOptions['config']): string {
  const { type, database, table, idColumn, updatedAtColumn, timeZone } = config;
  return createHash('sha256')
    .update(JSON.stringify([type, database, table, idColumn, updatedAtColumn, timeZone]))
    .digest('base64url')
    .slice(0, 22);
}
