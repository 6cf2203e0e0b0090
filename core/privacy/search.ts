import * as z from 'zod';
import { areaCounts, countsByArea, noCounts } from './counts.ts';
import { person } from './person.ts';

/** A search for a person through all areas, in pieces of work; an erasure and an export are one each. */

/** One piece: the objects below a prefix. */
export const searchUnit = z.strictObject({ area: z.string(), prefix: z.string() });
export type SearchUnit = z.infer<typeof searchUnit>;

/** How far one piece has come; beside the search's record, one object each. */
export const unitProgress = z.strictObject({
  isDone: z.boolean(),
  /** Everything up to this object is dealt with. */
  afterKey: z.string().optional(),
  counts: areaCounts,
  /** Of an export: parts written so far. */
  partCount: z.int().nonnegative(),
  /** The first objects that could not be read to their end, to be looked at by hand. */
  unreadableKeys: z.array(z.string()),
});
export type UnitProgress = z.infer<typeof unitProgress>;

/** Unreadable objects that are named; more of them have one cause. */
export const UNREADABLE_KEYS_MAX = 20;

const searchStatus = z.enum(['running', 'done', 'failed']);

const shared = {
  status: searchStatus,
  requestedAt: z.iso.datetime(),
  /** The IAM principal who asked. */
  requestedBy: z.string(),
  updatedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  person,
  /** The pass that is under way, from 1. */
  pass: z.int().positive(),
  units: z.array(searchUnit),
  /** The pass that `units` are of; 0 before the first is planned. */
  plannedPass: z.int().nonnegative(),
  /** Of all passes that are over. */
  counts: countsByArea,
  /** Why it failed: names of errors, no data. */
  problem: z.string().optional(),
};

export const searchId = z.uuid();

export const erasure = z.strictObject({
  erasureId: searchId,
  ...shared,
  reason: z.string(),
  isSuppressed: z.boolean(),
  /** The moment that divides what is erased from what may come after. */
  erasedAt: z.iso.datetime().optional(),
  /** Whether the tables are done with: a repetition must not take a new relationship for the old one. */
  isMarked: z.boolean(),
  /** What is being taken out of the tables, and in no count yet: who repeats it doesn't find it again. */
  leaving: z
    .strictObject({ profileIds: z.array(z.string()), linkedRefs: z.array(z.string()) })
    .optional(),
  /** When the pass began to list; the next one looks at what was written since. */
  passStartedAt: z.iso.datetime().optional(),
  /** Only objects written since are looked at; everything in the first pass. */
  changedSince: z.iso.datetime().optional(),
  /** Passes until and with the last whole one before this run; a repetition goes on from there. */
  passesBefore: z.int().nonnegative(),
  certificateKey: z.string().optional(),
});
export type Erasure = z.infer<typeof erasure>;

export const customerExport = z.strictObject({
  exportId: searchId,
  ...shared,
  /** Counts alone: what an erasure would find. */
  isCountOnly: z.boolean(),
  /** Keys of the parts below the export's folder, once it is done. */
  parts: z.array(z.string()),
});
export type CustomerExport = z.infer<typeof customerExport>;

/** What the steps hand on: ids and figures, never data. */
export const searchStep = z.object({
  searchId,
  step: z.enum(['plan', 'unit', 'finish']).default('plan'),
  pass: z.int().positive().default(1),
  unitCount: z.int().nonnegative().default(0),
  unit: z.int().nonnegative().optional(),
  isDone: z.boolean().default(false),
  /** Of a failed execution, as Step Functions gives it. */
  error: z.object({ Error: z.string().optional(), Cause: z.string().optional() }).optional(),
});
export type SearchStep = z.infer<typeof searchStep>;

export const noProgress: UnitProgress = {
  isDone: false,
  counts: noCounts,
  partCount: 0,
  unreadableKeys: [],
};
