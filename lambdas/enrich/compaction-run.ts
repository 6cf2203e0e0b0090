import * as z from 'zod';

/** What the steps of a compaction hand on: a day and figures, never data. */
export const compactionRun = z.object({
  /** Day of arrival, UTC. */
  day: z.iso.date(),
  isDone: z.boolean().default(false),
  /** Raw files read, of the day's files in the order of their keys. */
  filesDone: z.int().nonnegative().default(0),
  /** Parquet files written, in each of the two tables. */
  parts: z.int().nonnegative().default(0),
  rows: z.int().nonnegative().default(0),
  /** Events that the day had already: delivered again, or sent again. */
  duplicates: z.int().nonnegative().default(0),
  /** Lines that are no event. */
  unreadable: z.int().nonnegative().default(0),
});
export type CompactionRun = z.infer<typeof compactionRun>;

/** What starts one: without a day it is the last whole one. */
export const compactionRequest = compactionRun.extend({ day: z.iso.date().optional() });

const DAY_MS = 24 * 60 * 60 * 1000;

/** @throws ZodError for anything else than a request or what an earlier step gave. */
export function compactionOf(input: unknown, nowMs: number): CompactionRun {
  const request = compactionRequest.parse(input ?? {});
  return { ...request, day: request.day ?? new Date(nowMs - DAY_MS).toISOString().slice(0, 10) };
}
