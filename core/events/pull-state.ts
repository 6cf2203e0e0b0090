import * as z from 'zod';

/**
 * Where a pulled source stands: a document of the config table, kind `pullState`, id the source's. Every
 * write raises `version` and asks for the one before, so that of two runs only one gets on.
 */
export const pullState = z.strictObject({
  version: z.int().min(0),
  /** The connector's own; absent before the first page. */
  cursor: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  /** Who is at work, and until when others leave it alone. */
  lease: z.strictObject({ owner: z.string(), untilMs: z.number() }).optional(),
  startedAtMs: z.number().optional(),
  /** When a run last came to the end of the source. */
  finishedAtMs: z.number().optional(),
  failureCount: z.int().min(0).default(0),
  /** After failures: not before. */
  retryAtMs: z.number().optional(),
  /** What kind of failure the last one was; no words of the source. */
  failure: z.string().optional(),
  recordCount: z.int().min(0).default(0),
  /** Pages since the source was last at its end, over as many runs as that takes. */
  passPageCount: z.int().min(0).default(0),
});
export type PullState = z.infer<typeof pullState>;

export const newPullState: PullState = {
  version: 0,
  failureCount: 0,
  recordCount: 0,
  passPageCount: 0,
};

/** A page with its retries takes up to three minutes; a run that died is taken over after this. */
export const LEASE_MS = 5 * 60_000;

const BACK_OFF_MS_BASE = 60_000;
const BACK_OFF_MS_MAX = 6 * 3_600_000;
/** 2^9 minutes are beyond the longest pause. */
const BACK_OFF_DOUBLINGS_MAX = 9;

/** Why a source is left alone for now, or nothing when a run may begin. */
export function notDue(
  state: PullState,
  everySeconds: number,
  nowMs: number,
): 'leased' | 'backing-off' | 'too-soon' | undefined {
  if (state.lease !== undefined && state.lease.untilMs > nowMs) return 'leased';
  if (state.retryAtMs !== undefined && state.retryAtMs > nowMs) return 'backing-off';
  const isUnfinished = (state.finishedAtMs ?? 0) < (state.startedAtMs ?? 0);
  if (isUnfinished || state.startedAtMs === undefined) return undefined;
  return state.startedAtMs + everySeconds * 1000 > nowMs ? 'too-soon' : undefined;
}

/** The pause after so many failures in a row: a minute, doubled each time, six hours at most. */
export function backOffMs(failureCount: number): number {
  const doublings = Math.min(failureCount - 1, BACK_OFF_DOUBLINGS_MAX);
  return Math.min(BACK_OFF_MS_BASE * 2 ** doublings, BACK_OFF_MS_MAX);
}
