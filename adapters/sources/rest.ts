import { createHash } from 'node:crypto';
import * as z from 'zod';
import { valueAtPath } from '../../core/mapping/record-mapping.ts';
import { recordMappingDocument } from '../../core/mapping/record-mapping-document.ts';
import {
  type Connector,
  type Cursor,
  type PulledPage,
  type ReadContext,
  SourceRefusedError,
} from './connector.ts';
import { mappedRecords } from './mapped-records.ts';
import { createRestAuth, restAuth } from './rest-auth.ts';
import { firstPage, nextPage, restPagination } from './rest-pagination.ts';
import type { SourceHttp } from './source-http.ts';

/** Any API that gives lists of records as JSON, page by page. */
export const restConfig = z.strictObject({
  type: z.literal('rest'),
  url: z.url(),
  /** Headers that never change and are no secret, e.g. an API version. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Path of the list in the answer; empty where the answer is the list. */
  items: z.string().default(''),
  /** Query parameter for the number of records of a page. */
  pageSizeParameter: z.string().optional(),
  pagination: restPagination,
  /** Reads only what has changed since; without it every run reads all. */
  watermark: z
    .strictObject({
      /** Query parameter that takes the time to read from. */
      parameter: z.string().min(1),
      /** Path of a record's own time of change. */
      path: z.string().min(1),
      format: z.enum(['iso', 'epoch-seconds', 'epoch-milliseconds']).default('iso'),
    })
    .optional(),
  auth: restAuth,
  mapping: recordMappingDocument,
});
export type RestConfig = z.infer<typeof restConfig>;

export interface ConnectorServices {
  readonly http: SourceHttp;
  readonly secrets: Readonly<Record<string, string>>;
  readonly nowMs: () => number;
  /** Stands in for waiting where tests count it. */
  readonly wait?: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

const CURSOR_VERSION = 1;

const position = z.strictObject({
  v: z.literal(CURSOR_VERSION),
  /** Newest change of the runs that came to their end. */
  watermarkMs: z.number().nullable(),
  /** Newest change seen in the run under way. */
  newestMs: z.number().nullable(),
  /** Where the run under way goes on; null between runs. */
  page: z.string().nullable(),
  /** Hash of the page before, which must not come again. */
  lastPage: z.string().nullable(),
});
type Position = z.infer<typeof position>;

const start: Position = {
  v: CURSOR_VERSION,
  watermarkMs: null,
  newestMs: null,
  page: null,
  lastPage: null,
};

export function createRestConnector(config: RestConfig, services: ConnectorServices): Connector {
  const auth = createRestAuth(config.auth, services);
  const namespace = `rest ${config.url}`;
  return {
    async read(cursor: Cursor | undefined, context: ReadContext): Promise<PulledPage> {
      const at = positionOf(cursor);
      const url = urlOf(config, at, context);
      const answer = await auth.request({ method: 'GET', url, headers: config.headers }, context);
      const records = recordsIn(answer.body, config.items);
      const page = hashOf(records);
      if (records.length > 0 && page === at.lastPage) {
        throw new SourceRefusedError(
          'The same page came twice; check "pagination" in the pull document.',
        );
      }
      const newestMs = newest(at.newestMs, records, config.watermark?.path, context.nowMs);
      const next = nextPage(config.pagination, {
        url,
        answer,
        recordCount: records.length,
        at: at.page,
      });
      const isEnd = next === undefined;
      return {
        ...mappedRecords(config.mapping, records, namespace, context.nowMs),
        recordCount: records.length,
        isEnd,
        next: isEnd
          ? { ...start, watermarkMs: newestMs ?? at.watermarkMs }
          : { ...at, newestMs, page: next, lastPage: page },
      };
    },
  };
}

function positionOf(cursor: Cursor | undefined): Position {
  if (cursor === undefined) return start;
  const parsed = position.safeParse(cursor);
  if (parsed.success) return parsed.data;
  throw new SourceRefusedError(
    'The stored cursor is not one of this connector; reset it with `kindred pull reset`.',
  );
}

function urlOf(config: RestConfig, at: Position, { recordsMax, overlapMs }: ReadContext): string {
  const url = firstPage(config.pagination, config.url, at.page);
  // A link to the next page carries the query of the first.
  if (config.pagination.kind === 'link' && at.page !== null) return url.href;
  if (config.pageSizeParameter !== undefined) {
    url.searchParams.set(config.pageSizeParameter, String(recordsMax));
  }
  if (config.watermark !== undefined && at.watermarkMs !== null) {
    const sinceMs = Math.max(0, at.watermarkMs - overlapMs);
    url.searchParams.set(config.watermark.parameter, timeText(sinceMs, config.watermark.format));
  }
  return url.href;
}

function timeText(timeMs: number, format: 'iso' | 'epoch-seconds' | 'epoch-milliseconds'): string {
  if (format === 'iso') return new Date(timeMs).toISOString();
  return String(format === 'epoch-seconds' ? Math.floor(timeMs / 1000) : timeMs);
}

function recordsIn(body: unknown, items: string): readonly unknown[] {
  const list = items === '' ? body : valueAtPath(body, items);
  if (Array.isArray(list)) return list;
  throw new SourceRefusedError(
    `The answer has no list at "${items || '(the answer itself)'}"; check "items" in the pull document.`,
  );
}

/** A record that is dated beyond now, by a clock that jumped, must not make later runs skip what comes before. */
function newest(
  soFarMs: number | null,
  records: readonly unknown[],
  path: string | undefined,
  nowMs: number,
): number | null {
  if (path === undefined) return null;
  let newestMs = soFarMs;
  for (const record of records) {
    const statedMs = timeOf(valueAtPath(record, path));
    const timeMs = statedMs === undefined ? undefined : Math.min(statedMs, nowMs);
    if (timeMs !== undefined && (newestMs === null || timeMs > newestMs)) newestMs = timeMs;
  }
  return newestMs;
}

/** Seconds until 2286 are below this, milliseconds since 1970-04-26 above. */
const SECONDS_MAX = 9_999_999_999;

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value > SECONDS_MAX ? value : value * 1000;
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function hashOf(records: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(records)).digest('base64url').slice(0, 22);
}
