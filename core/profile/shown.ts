import * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { OWN_SOURCE } from './cart.ts';
import { productsOf } from './event-products.ts';

/** Kindred's own event: which items a customer's mail was given. */
export const RECOMMENDATIONS_SERVED = 'Recommendations Served';

/** Sends that a profile remembers; a rule may ask for no more. */
export const SENDS_MAX = 8;
/** Items remembered of one send: all of an email's placements together. */
export const SEND_ITEMS_MAX = 32;
/**
 * What is fetched within one hour of the clock is one send: an ESP fetches a block two or three times for one
 * email, and an email has several blocks.
 */
export const SEND_MS = 3_600_000;

/** Items by send, the newest first: the hour it began in, since 1970, and the items' ids, sorted. */
export const shown = z
  .array(z.tuple([z.number(), z.array(z.string()).readonly()]).readonly())
  .readonly();
export type Shown = z.infer<typeof shown>;

export const shownEvents: readonly string[] = [RECOMMENDATIONS_SERVED];

/** Only Kindred's own word counts; a shop's event of the same name stays a custom one. */
export function shownOf(event: CollectedEvent): Shown | undefined {
  if (event.type !== 'track' || event.event !== RECOMMENDATIONS_SERVED) return undefined;
  if (event.source !== OWN_SOURCE) return undefined;
  const ids = productsOf(event).map(({ itemId }) => itemId);
  return ids.length === 0 ? undefined : [[hourOf(happenedAtMs(event)), leastOf(ids)]];
}

/**
 * The newest sends of both, each with all of its items as far as there is room. Commutative, associative and
 * idempotent: a send is dropped only for so many newer ones, an item for so many that come before it.
 */
export function combineShown(a: Shown, b: Shown): Shown {
  const sends = new Map<number, readonly string[]>();
  for (const [hour, ids] of [...a, ...b]) {
    sends.set(hour, leastOf([...(sends.get(hour) ?? []), ...ids]));
  }
  return [...sends].sort(([one], [other]) => other - one).slice(0, SENDS_MAX);
}

/**
 * What was shown in the last `sends` sends before the one at `nowMs`. What began in this hour or the one before is
 * the same send, fetched again: it must not answer differently for what it has shown itself.
 */
export function shownBefore(of: Shown, sends: number, nowMs: number): ReadonlySet<string> {
  const present = hourOf(nowMs);
  const before = of.filter(([hour]) => hour < present - 1).slice(0, sends);
  return new Set(before.flatMap(([, ids]) => ids));
}

export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / SEND_MS);
}

function leastOf(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort().slice(0, SEND_ITEMS_MAX);
}
