import type { DerivedChanges } from '../catalogue/derived-changes.ts';
import type { Item } from '../catalogue/item.ts';
import type { HistoryEntry, Model } from '../training/model.ts';
import type { CustomerFacts } from './customer-facts.ts';
import type { Placement, StaticContent } from './placement.ts';
import type { AnswerSource, Rung } from './strategy.ts';

/** Everything an answer follows from. */
export interface RankingRequest {
  readonly placement: Placement;
  readonly content: StaticContent;
  /** How many items to rank; at most the content's number, so that the list can always be filled. */
  readonly limit: number;
  readonly nowMs: number;
  /** Absent until one was trained, or while it cannot be read. */
  readonly model: Model | undefined;
  /** What the customer did, newest first; empty for a stranger and without consent. */
  readonly history: readonly HistoryEntry[];
  /** What else is known of the customer; absent for a stranger and without consent. */
  readonly customer?: CustomerFacts | undefined;
  /** The catalogue's present word on items; it goes before the model's, which is as old as the model. */
  readonly liveItems: ReadonlyMap<string, Item>;
  /** What has changed about items of late, of those that were read with their history. */
  readonly liveChanges?: ReadonlyMap<string, DerivedChanges> | undefined;
  /** Is told of every item that a rule leaves out, for who asks why. */
  readonly onDrop?: ((drop: Drop) => void) | undefined;
}

export interface RankedItem {
  readonly item: Item;
  /** The rung it came from. */
  readonly rung: Rung;
  /** What kind of rung that is. */
  readonly source: AnswerSource;
  readonly reason: string;
  /** How strongly its rung speaks for it; orders the items of one rung and compares with nothing else. */
  readonly score?: number;
}

/** An item that a rung offered and a rule left out. */
export interface Drop {
  readonly itemId: string;
  readonly rung: Rung;
  readonly rule: DropRule;
}

export const dropRules = [
  'bought',
  'sold out',
  'adult',
  'no image',
  'no title',
  'no price',
  'price range',
  'excluded item',
  'excluded brand',
  'excluded category',
  'shown before',
  'category is full',
  'brand is full',
] as const;
export type DropRule = (typeof dropRules)[number];

/**
 * The shop's own now: its newest known event, so that a replayed history is judged by its own dates
 * and not by the day of the replay; never later than the wall clock, whatever a client's clock said.
 */
export function shopNowMs(request: RankingRequest): number {
  let newestMs = request.model?.asOfMs ?? 0;
  for (const { timeMs } of request.history) newestMs = Math.max(newestMs, timeMs);
  return newestMs === 0 ? request.nowMs : Math.min(newestMs, request.nowMs);
}

/** The model's item at a position, in the catalogue's present word. */
export function itemAt(request: RankingRequest, model: Model, index: number): Item | undefined {
  const item = model.items[index];
  return item === undefined ? undefined : (request.liveItems.get(item.itemId) ?? item);
}

export function itemOf(request: RankingRequest, itemId: string): Item | undefined {
  const live = request.liveItems.get(itemId);
  if (live !== undefined) return live;
  const index = request.model?.indexOf.get(itemId);
  return index === undefined ? undefined : request.model?.items[index];
}
