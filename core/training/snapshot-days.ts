/**
 * A snapshot is made of days' files. A day's file is named by what the lake held of that day when it was read,
 * so that a day whose objects have changed since (late files, an erasure, today) is read again and any other
 * never is.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { DAY_FORM_VERSION } from './day-deeds.ts';

/** An object of the lake, as a listing shows it. */
export interface LakeObject {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
}

export interface LakeDay {
  /** Of arrival, `YYYY-MM-DD`. */
  readonly day: string;
  /** In the order of their keys. */
  readonly objects: readonly LakeObject[];
}

export const DAYS_PREFIX = 'snapshot-days/';
/** Exports of the profiles, for as long as a run needs them. */
export const EXPORTS_PREFIX = 'snapshot-exports/';

/** A run's own folder of exports, by the key of its export's manifest. */
export function exportFolder(manifestKey: string): string {
  const [folder = ''] = manifestKey.slice(EXPORTS_PREFIX.length).split('/');
  if (!manifestKey.startsWith(EXPORTS_PREFIX) || folder === '') {
    throw new Error('an export of the profiles lies where none belongs');
  }
  return `${EXPORTS_PREFIX}${folder}/`;
}
const FINGERPRINT_LENGTH = 32;

/** Of a day's objects: the same for the same contents, read by the same release. */
export function fingerprintOf({ day, objects }: LakeDay): string {
  const hash = createHash('sha256').update(`${DAY_FORM_VERSION} ${day}\n`);
  for (const { key, etag, bytes } of objects) hash.update(`${key}\n${etag}\n${bytes}\n`);
  return hash.digest('hex').slice(0, FINGERPRINT_LENGTH);
}

export interface DayFile {
  readonly day: string;
  readonly fingerprint: string;
}

export function dayFileKey({ day, fingerprint }: DayFile): string {
  return `${DAYS_PREFIX}day=${day}/${fingerprint}.parquet`;
}

/** Undefined for a key that is no day's file. */
export function dayFileOf(key: string): DayFile | undefined {
  const [, day, fingerprint] =
    /^snapshot-days\/day=(\d{4}-\d{2}-\d{2})\/([0-9a-f]{32})\.parquet$/.exec(key) ?? [];
  return day === undefined || fingerprint === undefined ? undefined : { day, fingerprint };
}

/** What is known of a day without reading its rows; kept in its file, as texts. */
export const dayFacts = z.object({
  files: z.coerce.number().int().nonnegative(),
  lines: z.coerce.number().int().nonnegative(),
  malformedLines: z.coerce.number().int().nonnegative(),
  unreadableFiles: z.coerce.number().int().nonnegative(),
});
export type DayFacts = Readonly<z.infer<typeof dayFacts>>;
