import { isMadeByBot } from '../events/context/enrich-context.ts';
import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { type EventProduct, productOf, productsOf } from './event-products.ts';
import {
  type InteractionKind,
  RECENT_INTERACTIONS_MAX,
  type RecentInteraction,
} from './profile.ts';

interface Meaning {
  readonly kind: InteractionKind;
  readonly productsIn: (event: CollectedEvent) => EventProduct[];
}

/** Source: https://segment.com/docs/connections/spec/ecommerce/v2/ */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['Product Viewed', { kind: 'view', productsIn: productOf }],
  ['Product Added', { kind: 'cart', productsIn: productOf }],
  ['Product Removed', { kind: 'uncart', productsIn: productOf }],
  ['Order Completed', { kind: 'purchase', productsIn: productsOf }],
]);

/** Names of the events that say something about items. */
export const interactionEvents: readonly string[] = [...meanings.keys()];

/** What an event says about items: none for most events, one per product for an order. */
export function interactionsOf(event: CollectedEvent): RecentInteraction[] {
  const meaning = meaningOf(event);
  if (meaning === undefined || isIgnoredBot(event)) return [];
  const timeMs = happenedAtMs(event);
  return meaning.productsIn(event).map(({ itemId }) => ({ itemId, kind: meaning.kind, timeMs }));
}

/** A machine likes nothing; but an order that the shop took is an order, whoever typed it. */
export function isIgnoredBot(event: CollectedEvent): boolean {
  const kind = meaningOf(event)?.kind;
  return kind !== undefined && kind !== 'purchase' && isMadeByBot(event.context);
}

function meaningOf(event: CollectedEvent): Meaning | undefined {
  return event.type === 'track' ? meanings.get(event.event ?? '') : undefined;
}

/** What a profile keeps of one event: an order can name an item twice, and have a thousand lines. */
export function recentOf(event: CollectedEvent): RecentInteraction[] | undefined {
  const interactions = interactionsOf(event);
  if (interactions.length < 2) return interactions.length === 0 ? undefined : interactions;
  return latestOf(interactions);
}

/**
 * The latest time per (item, kind) of both, newest first, at most RECENT_INTERACTIONS_MAX. Commutative,
 * associative and idempotent: a pair is dropped only for that many others that are newer, and those
 * can only become newer still. Both must be such lists already.
 */
export function combineRecent(
  a: readonly RecentInteraction[],
  b: readonly RecentInteraction[],
): RecentInteraction[] {
  if (a.length === 0) return [...b];
  if (b.length === 0) return [...a];
  const [only] = b;
  return b.length === 1 && only !== undefined ? withOne(a, only) : latestOf([...a, ...b]);
}

/** What most events bring. */
function withOne(
  list: readonly RecentInteraction[],
  added: RecentInteraction,
): RecentInteraction[] {
  const others = [...list];
  const at = others.findIndex(({ itemId, kind }) => itemId === added.itemId && kind === added.kind);
  const known = others[at];
  if (known !== undefined && known.timeMs >= added.timeMs) return others;
  if (known !== undefined) others.splice(at, 1);
  const place = others.findIndex((other) => newestFirst(added, other) < 0);
  others.splice(place === -1 ? others.length : place, 0, added);
  if (others.length > RECENT_INTERACTIONS_MAX) others.pop();
  return others;
}

function latestOf(interactions: readonly RecentInteraction[]): RecentInteraction[] {
  const latest = new Map<string, RecentInteraction>();
  for (const interaction of interactions) {
    const key = `${interaction.kind} ${interaction.itemId}`;
    const known = latest.get(key);
    if (known === undefined || known.timeMs < interaction.timeMs) latest.set(key, interaction);
  }
  return [...latest.values()].sort(newestFirst).slice(0, RECENT_INTERACTIONS_MAX);
}

/** By time, then item, then kind: a total order, so that the cut is the same everywhere. */
function newestFirst(a: RecentInteraction, b: RecentInteraction): number {
  return b.timeMs - a.timeMs || compareText(a.itemId, b.itemId) || compareText(a.kind, b.kind);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
