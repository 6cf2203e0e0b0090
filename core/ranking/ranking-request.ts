import type { Item } from '../catalogue/item.ts';
import type { HistoryEntry, Model } from '../training/model.ts';
import type { Placement, StaticContent, StrategyKind } from './placement.ts';

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
  /** The catalogue's present word on items; it goes before the model's, which is as old as the model. */
  readonly liveItems: ReadonlyMap<string, Item>;
}

export interface RankedItem {
  readonly item: Item;
  /** The rung it came from. */
  readonly source: StrategyKind;
  readonly reason: string;
}

/**
 * The shop's own now: its newest known event, so that a replayed history is judged by its own dates
 * and not by the day of the replay; never later than the wall clock, whatever a client's clock said.
 */
export function shopNowMs(request: RankingRequest): number {
  let newestMs = request.model?.asOfMs ?? 0;
  for (const { timeMs } of request.history) newestMs = Math.max(newestMs, timeMs);
  return newestMs === 0 ? request.nowMs : Math.min(newestMs, request.nowMs);
}
