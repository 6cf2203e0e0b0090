import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { type Cursor, SourceRefusedError } from './connector.ts';

/** Characters of a page's hash: 132 bits. */
const HASH_CHARACTERS = 22;

/** Where a stored cursor stands; `start` where there is none. */
export function positionIn<T>(schema: z.ZodType<T>, cursor: Cursor | undefined, start: T): T {
  if (cursor === undefined) return start;
  const parsed = schema.safeParse(cursor);
  if (parsed.success) return parsed.data;
  throw new SourceRefusedError(
    'The stored cursor is not one of this connector; reset it with `kindred pull reset`.',
  );
}

/**
 * The newest of the records' own times. A record from ahead of us moves nothing: a vendor's clock that
 * jumped forward for a moment would otherwise hide all changes until that time. Our clock itself moves no
 * watermark; where it is wrong, records are read once more.
 */
export function newestOf(
  soFarMs: number | null,
  timesMs: readonly (number | undefined)[],
  nowMs: number,
): number | null {
  let newestMs = soFarMs;
  for (const timeMs of timesMs) {
    if (timeMs === undefined || timeMs > nowMs) continue;
    if (newestMs === null || timeMs > newestMs) newestMs = timeMs;
  }
  return newestMs;
}

/** From when on a new run reads: nothing for the first one. */
export function sinceOf(watermarkMs: number | null, overlapMs: number): number | null {
  return watermarkMs === null ? null : Math.max(0, watermarkMs - overlapMs);
}

/** The time that a record's text names. */
export function textTimeMs(value: unknown): number | undefined {
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/**
 * The page's hash, for the cursor.
 * @throws SourceRefusedError where the page before was the same: the vendor, or a cache, repeats itself.
 */
export function pageHash(records: readonly unknown[], lastHash: string | null): string {
  const digest = createHash('sha256').update(JSON.stringify(records)).digest('base64url');
  const hash = digest.slice(0, HASH_CHARACTERS);
  if (records.length > 0 && hash === lastHash) {
    throw new SourceRefusedError('The same page came twice; the next run asks again.');
  }
  return hash;
}
