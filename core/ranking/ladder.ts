import { reordered } from './diversify.ts';
import { type Drop, itemOf, type RankedItem, type RankingRequest } from './ranking-request.ts';
import { answerReason, rungReasons } from './reasons.ts';
import { RulesInForce } from './rules.ts';
import { type Offer, offersOf } from './rungs.ts';
import { type AnswerSource, type Rung, type StrategyKind, sourceOfStrategy } from './strategy.ts';

export interface Ranking {
  readonly items: readonly RankedItem[];
  /** The rung of the first item that is not pinned: the highest that had anything to say. */
  readonly rung: Rung;
  readonly source: AnswerSource;
  readonly reason: string;
}

/**
 * Walks down a placement's ladder until the list is full. Each rung offers its items best first; an
 * item is taken once, and only when the rules admit it, whichever rung offers it. What the limits per
 * category and brand held back is offered again before the static content, so that a shop of one
 * category still gets a full list of its own items. Pinned items stand at their places.
 */
export function rank(request: RankingRequest): Ranking {
  const list = new RankedList(request);
  list.takePins();
  for (const strategy of request.placement.ladder) {
    if (list.isFull) break;
    if (strategy.kind === 'static') list.takeHeldBack();
    const { kind } = strategy;
    const offers = offersOf(strategy, request);
    if (list.reorders && kind !== 'static') list.offerReordered(offers, kind);
    else list.offerAll(offers, kind);
  }
  const items = list.inPlace();
  const first = items.find(({ rung }) => rung !== 'pinned') ?? items[0];
  const rung = first?.rung ?? 'static';
  return {
    items,
    rung,
    source: first?.source ?? 'static',
    reason: answerReason(rung, request.history),
  };
}

class RankedList {
  readonly #items: RankedItem[] = [];
  readonly #pins = new Map<number, RankedItem>();
  readonly #heldBack: RankedItem[] = [];
  readonly #seen = new Set<string>();
  readonly #perCategory = new Map<string, number>();
  readonly #perBrand = new Map<string, number>();
  readonly #rules: RulesInForce;
  readonly #request: RankingRequest;

  constructor(request: RankingRequest) {
    this.#request = request;
    this.#rules = new RulesInForce(request);
  }

  get isFull(): boolean {
    return this.#items.length + this.#pins.size >= this.#request.limit;
  }

  get reorders(): boolean {
    return this.#rules.reorders;
  }

  takePins(): void {
    for (const { itemId, place } of this.#request.placement.rules.pin ?? []) {
      const item = itemOf(this.#request, itemId);
      if (item === undefined || place > this.#request.limit || this.#seen.has(itemId)) continue;
      const pinned: RankedItem = {
        item,
        rung: 'pinned',
        source: 'static',
        reason: rungReasons.pinned,
      };
      if (this.#isRefused(item, pinned.rung)) continue;
      this.#seen.add(itemId);
      this.#count(pinned);
      this.#pins.set(place, pinned);
    }
  }

  offerAll(offers: Iterable<Offer>, rung: StrategyKind): void {
    for (const offer of offers) {
      if (this.isFull) return;
      if (this.#isAdmitted(offer.item, rung)) this.#take(rankedItem(offer, rung));
    }
  }

  offerReordered(offers: IterableIterator<Offer>, rung: StrategyKind): void {
    const admitted = this.#admitted(offers, rung);
    const wanted = this.#request.limit - this.#items.length - this.#pins.size;
    const pool = reordered(admitted, [...this.#pins.values(), ...this.#items], wanted, {
      diversity: this.#request.placement.rules.diversity ?? 0,
      factorOf: (item) => this.#rules.factorOf(item),
    });
    for (const candidate of pool) {
      if (this.isFull) {
        this.#forget(pool);
        return;
      }
      this.#take(candidate);
    }
    // A rung of more candidates than were compared goes on in its own order.
    this.offerAll(offers, rung);
  }

  takeHeldBack(): void {
    for (const candidate of this.#heldBack) {
      if (this.isFull) return;
      this.#items.push(candidate);
    }
  }

  /** The list with the pinned items at their places, as far as there is a list to stand in. */
  inPlace(): readonly RankedItem[] {
    if (this.#pins.size === 0) return this.#items;
    const left = [...this.#items];
    const placed: RankedItem[] = [];
    const { limit } = this.#request;
    for (let place = 1; place <= limit; place += 1) {
      const next = this.#pins.get(place) ?? left.shift();
      if (next !== undefined) placed.push(next);
    }
    return placed;
  }

  *#admitted(offers: Iterator<Offer>, rung: StrategyKind): Generator<RankedItem> {
    for (;;) {
      // By hand: a loop over a generator that ends early ends the generator too.
      const next = offers.next();
      if (next.done === true) return;
      if (this.#isAdmitted(next.value.item, rung)) yield rankedItem(next.value, rung);
    }
  }

  #isAdmitted(item: RankedItem['item'], rung: Rung): boolean {
    const { itemId } = item;
    if (this.#seen.has(itemId) || this.#isRefused(item, rung)) return false;
    this.#seen.add(itemId);
    return true;
  }

  /** Items of a pool that found no room: a later rung may offer them for its own reason. */
  #forget(pool: readonly RankedItem[]): void {
    const taken = new Set([...this.#items, ...this.#heldBack].map(({ item }) => item.itemId));
    for (const { item } of pool) if (!taken.has(item.itemId)) this.#seen.delete(item.itemId);
  }

  #isRefused(item: RankedItem['item'], rung: Rung): boolean {
    const rule = this.#rules.refusalOf(item, rung);
    if (rule === undefined) return false;
    this.#tell(item, rung, rule);
    return true;
  }

  #take(candidate: RankedItem): void {
    const full = this.#fullLabelOf(candidate);
    if (full !== undefined) {
      this.#heldBack.push(candidate);
      this.#tell(candidate.item, candidate.rung, full);
      return;
    }
    this.#count(candidate);
    this.#items.push(candidate);
  }

  #fullLabelOf({ item, rung }: RankedItem): Drop['rule'] | undefined {
    if (rung === 'static') return undefined;
    const { categoryItemsMax, brandItemsMax } = this.#request.placement.rules;
    if (isAt(categoryItemsMax, item.category, this.#perCategory)) return 'category is full';
    return isAt(brandItemsMax, item.brand, this.#perBrand) ? 'brand is full' : undefined;
  }

  /** As far as there is a limit to count for. */
  #count({ item: { category, brand } }: RankedItem): void {
    const { categoryItemsMax, brandItemsMax } = this.#request.placement.rules;
    if (categoryItemsMax !== undefined) addOne(this.#perCategory, category);
    if (brandItemsMax !== undefined) addOne(this.#perBrand, brand);
  }

  #tell({ itemId }: RankedItem['item'], rung: Rung, rule: Drop['rule']): void {
    this.#request.onDrop?.({ itemId, rung, rule });
  }
}

function rankedItem({ item, reason, score }: Offer, rung: StrategyKind): RankedItem {
  const source = sourceOfStrategy[rung];
  return score === undefined
    ? { item, rung, source, reason }
    : { item, rung, source, reason, score };
}

function addOne(counts: Map<string, number>, label: string): void {
  counts.set(label, (counts.get(label) ?? 0) + 1);
}

function isAt(
  max: number | undefined,
  label: string,
  counts: ReadonlyMap<string, number>,
): boolean {
  return max !== undefined && label !== '' && (counts.get(label) ?? 0) >= max;
}
