import * as z from 'zod';
import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';

/**
 * Which variant of each experiment the customer saw first, and when (epoch ms). It stays that variant: whatever
 * profiles are joined into this one, the earliest exposure counts, so that nobody who has seen one is moved by a
 * merge that leaves the earliest exposure in place, and every order of merges gives the same.
 */
export const assignments = z.record(z.string(), z.tuple([z.string(), z.number()]).readonly());
export type Assignments = z.infer<typeof assignments>;

/**
 * Experiments that a profile remembers, those of the greatest ids: a bound by anything that changes, such as the
 * time of the first exposure, would depend on the order of events. Ids that begin with their year, as in
 * `2026-11-hero`, so keep the newest.
 */
export const ASSIGNMENTS_MAX = 24;
/** As in the document; longer is none of ours. */
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** A block that was served may be on its way to the customer: from then on the variant stays. */
export const assignmentEvents: readonly string[] = ['Block Served', 'Experiment Viewed'];

export function assignmentsOf(event: CollectedEvent): Assignments | undefined {
  if (!assignmentEvents.includes(event.event ?? '') || isMadeByBot(event.context)) return undefined;
  const { experiment_id: experiment, variation_id: variant } = event.properties ?? {};
  if (typeof experiment !== 'string' || !ID.test(experiment)) return undefined;
  if (typeof variant !== 'string' || !ID.test(variant)) return undefined;
  return { [experiment]: [variant, happenedAtMs(event)] };
}

/** The earliest of each; of two at once the smaller name. Commutative and associative, with its bound. */
export function combineAssignments(a: Assignments, b: Assignments): Assignments {
  const ids = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().slice(-ASSIGNMENTS_MAX);
  return Object.fromEntries(ids.flatMap((id) => entryOf(id, a[id], b[id])));
}

type Entry = Assignments[string];

function entryOf(id: string, a: Entry | undefined, b: Entry | undefined): [string, Entry][] {
  const first = a !== undefined && b !== undefined ? earlier(a, b) : (a ?? b);
  return first === undefined ? [] : [[id, first]];
}

function earlier(a: Entry, b: Entry): Entry {
  if (a[1] !== b[1]) return a[1] < b[1] ? a : b;
  return a[0] <= b[0] ? a : b;
}
