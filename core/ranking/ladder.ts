import type { Strategy, StrategyKind } from './placement.ts';
import type { RankedItem, RankingRequest } from './ranking-request.ts';
import { shopNowMs } from './ranking-request.ts';
import { answerReason } from './reasons.ts';
import { boughtWithin, isAdmitted } from './rules.ts';
import { candidatesOf } from './rungs.ts';

export interface Ranking {
  readonly items: readonly RankedItem[];
  /** The rung of the first item: the highest that had anything to say. */
  readonly source: StrategyKind;
  readonly reason: string;
}

/**
 * Walks down a placement's ladder until the list is full. Each rung offers its items best first; an
 * item is taken once, and only when the rules admit it, whichever rung offers it. What the limit per
 * category held back is offered again before the static content, so that a shop of one category still
 * gets a full list of its own items.
 */
export function rank(request: RankingRequest): Ranking {
  const list = new RankedList(request);
  for (const strategy of request.placement.ladder) {
    if (list.isFull) break;
    if (strategy.kind === 'static') list.takeHeldBack();
    for (const candidate of candidatesOf(strategy, request)) {
      if (list.isFull) break;
      list.offer(candidate);
    }
  }
  const source = list.items[0]?.source ?? 'static';
  return { items: list.items, source, reason: answerReason(source, request.history) };
}

/** A rung whose answer depends on the customer; a placement that begins with one falls back without it. */
export function isPersonal(strategy: Strategy | undefined): boolean {
  return strategy?.kind === 'personal' || strategy?.kind === 'recent';
}

class RankedList {
  readonly items: RankedItem[] = [];
  readonly #heldBack: RankedItem[] = [];
  readonly #seen = new Set<string>();
  readonly #perCategory = new Map<string, number>();
  readonly #bought: ReadonlySet<string>;
  readonly #request: RankingRequest;

  constructor(request: RankingRequest) {
    this.#request = request;
    this.#bought = boughtWithin(
      request.history,
      request.placement.rules.excludeBoughtWithinDays,
      shopNowMs(request),
    );
  }

  get isFull(): boolean {
    return this.items.length >= this.#request.limit;
  }

  offer(candidate: RankedItem): void {
    const { item } = candidate;
    const { rules } = this.#request.placement;
    if (this.#seen.has(item.itemId)) return;
    // Static content is the last resort: no rule may empty it, and it is nothing that one can buy.
    if (candidate.source !== 'static' && !isAdmitted(item, rules, this.#bought)) return;
    this.#seen.add(item.itemId);
    const ofCategory = this.#perCategory.get(item.category) ?? 0;
    const isCapped = rules.categoryItemsMax !== undefined && item.category !== '';
    if (isCapped && ofCategory >= (rules.categoryItemsMax ?? 0)) {
      this.#heldBack.push(candidate);
      return;
    }
    this.#perCategory.set(item.category, ofCategory + 1);
    this.items.push(candidate);
  }

  takeHeldBack(): void {
    for (const candidate of this.#heldBack) {
      if (this.isFull) return;
      this.items.push(candidate);
    }
  }
}
