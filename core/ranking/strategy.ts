import * as z from 'zod';
import { item } from '../catalogue/item.ts';

/** Which kind of reasoning an item comes from: the `source` of an answer, which ESPs' templates may ask for. */
export const answerSources = ['personal', 'recent', 'trending', 'popular', 'static'] as const;
export type AnswerSource = (typeof answerSources)[number];

/** The source that each strategy answers as; also the list of all strategies. */
export const sourceOfStrategy = {
  'for-you': 'personal',
  'recently-viewed': 'recent',
  'similar-to-last-viewed': 'personal',
  'cart-recovery': 'recent',
  'browse-recovery': 'recent',
  'bought-together': 'personal',
  replenishment: 'personal',
  'new-arrivals': 'trending',
  'back-in-stock': 'trending',
  'price-drop': 'trending',
  trending: 'trending',
  popular: 'popular',
  'by-category': 'popular',
  'hand-picked': 'static',
  static: 'static',
} as const satisfies Record<string, AnswerSource>;
export type StrategyKind = keyof typeof sourceOfStrategy;

export const strategyKinds = Object.keys(sourceOfStrategy).filter(isStrategyKind);

/** Which rung an item came from; `pinned` is an item that the placement's rules put there themselves. */
export type Rung = StrategyKind | 'pinned';

/** Ids stand in URLs and in metrics' logs: short, and too narrow to hold an address. */
export const placementId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

const DAYS_MAX = 3650;
/** For so long a change is worth telling of, and known of; see derived-changes.ts. */
const CHANGE_DAYS_MAX = 30;
/** Four times what the longest email holds, for when many are sold out. */
const HAND_PICKED_MAX = 100;
const LABEL_LENGTH_MAX = 200;
const ITEM_ID_LENGTH_MAX = 200;

export const itemIds = (max: number) =>
  z.array(z.string().min(1).max(ITEM_ID_LENGTH_MAX)).min(1).max(max);
export const label = z.string().trim().min(1).max(LABEL_LENGTH_MAX);

/** What the last rung shows: nothing that can be bought, so it says all of itself. */
export const staticItem = z.strictObject({
  ...item.pick({ itemId: true, title: true, url: true, imageUrl: true }).shape,
  /** The line under the title. */
  reason: z.string(),
});
export type StaticItem = z.infer<typeof staticItem>;
/** As many as the longest answer holds. */
const STATIC_ITEMS_MAX = 24;

const withinDays = z.int().positive().max(DAYS_MAX);
const changedWithinDays = z.int().positive().max(CHANGE_DAYS_MAX);

/** One rung of a ladder. */
export const strategy = z.discriminatedUnion('kind', [
  /** Items that the model finds similar to what the customer did. */
  z.strictObject({ kind: z.literal('for-you') }),
  /** Items that the customer viewed or put in the basket within the window, newest first. */
  z.strictObject({ kind: z.literal('recently-viewed'), withinDays }),
  /** Items that the model finds similar to the one viewed last. */
  z.strictObject({ kind: z.literal('similar-to-last-viewed'), withinDays }),
  /** What lies in a cart that no order followed, the newest first. */
  z.strictObject({ kind: z.literal('cart-recovery'), withinDays }),
  /** What was viewed, and since then neither put in the cart nor bought. */
  z.strictObject({ kind: z.literal('browse-recovery'), withinDays }),
  /** What goes with the items of the last order. */
  z.strictObject({ kind: z.literal('bought-together'), withinDays }),
  /** What the customer bought and is about to need again. */
  z.strictObject({ kind: z.literal('replenishment') }),
  /** Items that are new in the catalogue, the newest first. */
  z.strictObject({ kind: z.literal('new-arrivals'), withinDays: changedWithinDays }),
  /** Items that can be bought again: those the customer looked at first; `known` leaves it at these. */
  z.strictObject({
    kind: z.literal('back-in-stock'),
    withinDays: changedWithinDays,
    only: z.literal('known').optional(),
  }),
  /** Items whose price may be announced as reduced, in the same order. */
  z.strictObject({
    kind: z.literal('price-drop'),
    withinDays: changedWithinDays,
    only: z.literal('known').optional(),
  }),
  /** Items whose demand rises fastest. */
  z.strictObject({ kind: z.literal('trending') }),
  /** Items in most demand. */
  z.strictObject({ kind: z.literal('popular') }),
  /** The most popular of a category; where none is named, of the ones the customer is drawn to most. */
  z.strictObject({ kind: z.literal('by-category'), category: label.optional() }),
  /** These items, in this order. */
  z.strictObject({ kind: z.literal('hand-picked'), itemIds: itemIds(HAND_PICKED_MAX) }),
  /** Items of the placement's own, then those of the content document that is bundled by this name. */
  z.strictObject({
    kind: z.literal('static'),
    content: placementId,
    items: z.array(staticItem).min(1).max(STATIC_ITEMS_MAX).optional(),
  }),
]);
export type Strategy = z.infer<typeof strategy>;

/** A rung whose answer depends on the customer; a placement that begins with one falls back without it. */
export function isPersonal(of: Strategy | undefined): boolean {
  if (of === undefined) return false;
  const source = sourceOfStrategy[of.kind];
  return source === 'personal' || source === 'recent';
}

function isStrategyKind(name: string): name is StrategyKind {
  return Object.hasOwn(sourceOfStrategy, name);
}
