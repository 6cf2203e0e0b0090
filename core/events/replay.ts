import * as z from 'zod';
import { refusalReasons } from './validate-call.ts';

/** A replay: what is sent again, how fast, and how far it has come. */

const day = z.iso.date();
/** What the enricher folds beside the live stream without falling behind. */
const EVENTS_PER_SECOND_DEFAULT = 100;
/** One shard takes 1,000 records a second, and live events need their share. */
const EVENTS_PER_SECOND_MAX = 1_000;
const SELECTED_MAX = 100;
/** Ten customers with as many identities as one can have. */
const REBUILT_IDENTITIES_MAX = 480;

/** Which of the quarantined calls, or of the lake's events, are meant. */
export const replayFilter = z.strictObject({
  /** Days of receipt, UTC, both included. */
  from: day,
  to: day,
  sources: z.array(z.string().min(1)).min(1).max(SELECTED_MAX).optional(),
  /** Of quarantined calls only. */
  reasons: z.array(z.enum(refusalReasons)).min(1).optional(),
  /** Of quarantined calls only. */
  ids: z
    .array(z.string().regex(/^[0-9a-f]{32}$/))
    .min(1)
    .max(SELECTED_MAX)
    .optional(),
});
export type ReplayFilter = z.infer<typeof replayFilter>;

/** Customers whose profiles were taken away, to be built anew out of the lake: what `kindred reset` writes. */
export const rebuild = z.strictObject({
  rebuildId: z.uuid(),
  /** When they were taken away: what was received from then on is in their new profiles already. */
  resetAt: z.iso.datetime(),
  /** References of everything by which they were known; other customers' events are passed. */
  identities: z.array(z.string()).min(1).max(REBUILT_IDENTITIES_MAX),
  /** Those that join nobody this time: they are left out of events that have a stronger identity. */
  apart: z.array(z.string()).max(REBUILT_IDENTITIES_MAX).default([]),
});
export type Rebuild = z.infer<typeof rebuild>;

export const replayRequest = replayFilter
  .extend({
    /** Refused calls, events of the lake, or what the enricher could not take. */
    what: z.enum(['quarantine', 'raw', 'failures']).default('quarantine'),
    /** Counts what would come of it, puts nothing on the stream and marks nothing. */
    isDryRun: z.boolean().default(false),
    eventsPerSecond: z.int().min(1).max(EVENTS_PER_SECOND_MAX).default(EVENTS_PER_SECOND_DEFAULT),
    rebuild: rebuild.optional(),
    /** Ends after so many calls or events. */
    limit: z.int().min(1).optional(),
  })
  .refine(({ from, to }) => from <= to, {
    path: ['to'],
    error: 'lies before from; exchange the two',
  })
  .refine(({ what, reasons, ids }) => what === 'quarantine' || (reasons ?? ids) === undefined, {
    path: ['what'],
    error: 'only refused calls have reasons and quarantine ids; leave both out',
  })
  .refine(({ what, sources }) => what !== 'failures' || sources === undefined, {
    path: ['sources'],
    error: 'one failed batch has events of several sources; leave sources out',
  })
  .refine((request) => request.what === 'raw' || request.rebuild === undefined, {
    path: ['rebuild'],
    error: 'is of events of the lake only; ask for what: "raw", or leave it out',
  });
export type ReplayRequest = z.infer<typeof replayRequest>;

export const replayId = z.uuid();

export const replay = z.strictObject({
  replayId,
  request: replayRequest,
  /** The execution that goes on with it; the one before, should it still run, stops. */
  owner: z.string().default(''),
  status: z.enum(['running', 'done']),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Everything up to this object is dealt with. */
  afterKey: z.string().optional(),
  /** Lines dealt with of the lake's file that follows `afterKey`. */
  lineCount: z.int(),
  /** Objects or lines looked at, whether they matched or not. */
  scannedCount: z.int().default(0),
  readCount: z.int(),
  acceptedCount: z.int(),
  /** Refused again, or unreadable, by reason; they stay where they are. */
  refusedCounts: z.record(z.string(), z.int()),
  /** The first objects that could not be read, to be looked at by hand; `refusedCounts` has them all. */
  unreadableKeys: z.array(z.string()).default([]),
});
export type Replay = z.infer<typeof replay>;

/** Why something is not replayed that nobody can read. */
export const UNREADABLE = 'unreadable';

/** Unreadable objects that are named; more of them have one cause. */
const UNREADABLE_KEYS_MAX = 20;

/** The replay with an object counted that could not be read. */
export function withUnreadable(before: Replay, key: string): Replay {
  const { refusedCounts, unreadableKeys } = before;
  return {
    ...before,
    refusedCounts: { ...refusedCounts, [UNREADABLE]: (refusedCounts[UNREADABLE] ?? 0) + 1 },
    unreadableKeys:
      unreadableKeys.length < UNREADABLE_KEYS_MAX ? [...unreadableKeys, key] : unreadableKeys,
  };
}

export function newReplay(
  id: string,
  request: ReplayRequest,
  owner: string,
  nowMs: number,
): Replay {
  const startedAt = new Date(nowMs).toISOString();
  return {
    replayId: id,
    request,
    owner,
    status: 'running',
    startedAt,
    updatedAt: startedAt,
    lineCount: 0,
    scannedCount: 0,
    readCount: 0,
    acceptedCount: 0,
    refusedCounts: {},
    unreadableKeys: [],
  };
}

/** How long a chunk must take, so that `eventsPerSecond` holds from the first event on. */
export function chunkMs(eventCount: number, eventsPerSecond: number): number {
  return (eventCount * 1_000) / eventsPerSecond;
}
