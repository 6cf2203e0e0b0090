import { type Item, inCurrency } from '../catalogue/item.ts';
import { shownBefore } from '../profile/shown.ts';
import type { HistoryEntry } from '../training/model.ts';
import { isBelow } from './category.ts';
import type { Chosen, PlacementRules } from './placement-rules.ts';
import { type DropRule, type RankingRequest, shopNowMs } from './ranking-request.ts';
import type { Rung } from './strategy.ts';

export const DAY_MS = 86_400_000;

/** The ids of what the customer bought within the rule's window before `nowMs`. */
export function boughtWithin(
  history: readonly HistoryEntry[],
  days: number,
  nowMs: number,
): ReadonlySet<string> {
  const bought = new Set<string>();
  if (days === 0) return bought;
  for (const { itemId, kind, timeMs } of history) {
    if (kind === 'purchase' && timeMs > nowMs - days * DAY_MS) bought.add(itemId);
  }
  return bought;
}

/** A placement's rules for one customer at one time. */
export class RulesInForce {
  readonly #rules: PlacementRules;
  readonly #compiled: CompiledRules;
  readonly #currency: string | undefined;
  readonly #bought: ReadonlySet<string>;
  readonly #shown: ReadonlySet<string>;

  constructor(request: RankingRequest) {
    const { placement, history, customer, nowMs } = request;
    const { rules } = placement;
    this.#rules = rules;
    this.#compiled = compiledOf(rules);
    this.#currency = placement.currency;
    this.#bought = boughtWithin(history, rules.excludeBoughtWithinDays, shopNowMs(request));
    this.#shown =
      rules.noRepeatSends === undefined || customer === undefined
        ? nothing
        : shownBefore(customer.shown, rules.noRepeatSends, nowMs);
  }

  /** Whether items are moved among those of their rung, so that all of them must be looked at. */
  get reorders(): boolean {
    return this.#compiled.moves.length > 0 || (this.#rules.diversity ?? 0) > 0;
  }

  /** The rule that leaves an item out; undefined where all admit it. Counts are the ladder's matter. */
  refusalOf(item: Item, rung: Rung): DropRule | undefined {
    const { itemId } = item;
    // Static content is the last resort: no rule may empty it, and it is nothing that one can buy.
    if (rung === 'static') return undefined;
    if (rung !== 'replenishment' && this.#bought.has(itemId)) return 'bought';
    if (this.#rules.onlyAvailable && !item.available) return 'sold out';
    if (item.isAdult === true && this.#rules.admitAdult !== true) return 'adult';
    if (this.#rules.onlyWithImage && item.imageUrl === '') return 'no image';
    // A row without a title, such as one known only by its id from an order line, says nothing to anybody.
    if (isBlank(item.title)) return 'no title';
    if (this.#shown.has(itemId)) return 'shown before';
    return this.#compiled.exclude?.whyOf(item) ?? this.#priceRefusal(item);
  }

  /** By how much an item is boosted or buried; 1 where it isn't. */
  factorOf(item: Item): number {
    let factor = 1;
    for (const { matcher, factor: each } of this.#compiled.moves) {
      if (matcher.whyOf(item) !== undefined) factor *= each;
    }
    return factor;
  }

  #priceRefusal(item: Item): DropRule | undefined {
    const { onlyWithPrice, price: range } = this.#rules;
    if (onlyWithPrice !== true && range === undefined) return undefined;
    const { price, currency } = inCurrency(item, this.#currency);
    const isOther = this.#currency !== undefined && currency !== this.#currency;
    if (price === null || !Number.isFinite(price) || isOther) return 'no price';
    const { min = 0, max = Infinity } = range ?? {};
    return price < min || price > max ? 'price range' : undefined;
  }
}

/** Nearly all titles begin with a letter or a digit, which spares making a text without blanks. */
function isBlank(title: string): boolean {
  const first = title.charCodeAt(0);
  return !(first > SPACE && first <= TILDE) && title.trim() === '';
}

const SPACE = 0x20;
const TILDE = 0x7e;

const nothing: ReadonlySet<string> = new Set();

interface CompiledRules {
  readonly exclude: Matcher | undefined;
  readonly moves: readonly { readonly matcher: Matcher; readonly factor: number }[];
}

/** A document's rules are the same object for as long as it serves. */
const compiled = new WeakMap<PlacementRules, CompiledRules>();

function compiledOf(rules: PlacementRules): CompiledRules {
  const known = compiled.get(rules);
  if (known !== undefined) return known;
  const moves = [...(rules.boost ?? []), ...(rules.bury ?? [])];
  const made = {
    exclude: rules.exclude && new Matcher(rules.exclude),
    moves: moves.map((move) => ({ matcher: new Matcher(move), factor: move.factor })),
  };
  compiled.set(rules, made);
  return made;
}

/** Finds chosen items. */
class Matcher {
  readonly #items: ReadonlySet<string>;
  readonly #brands: ReadonlySet<string>;
  readonly #categories: readonly string[];
  readonly #knownCategories = new Map<string, boolean>();

  constructor({ items = [], brands = [], categories = [] }: Chosen) {
    this.#items = new Set(items);
    this.#brands = new Set(brands.map((brand) => brand.toLowerCase()));
    this.#categories = categories;
  }

  whyOf({ itemId, brand, category }: Item): DropRule | undefined {
    if (this.#items.has(itemId)) return 'excluded item';
    if (this.#brands.size > 0 && this.#brands.has(brand.trim().toLowerCase())) {
      return 'excluded brand';
    }
    if (this.#categories.length > 0 && this.#isOfCategory(category)) return 'excluded category';
    return undefined;
  }

  #isOfCategory(category: string): boolean {
    const known = this.#knownCategories.get(category);
    if (known !== undefined) return known;
    const is = this.#categories.some((wanted) => isBelow(category, wanted));
    if (this.#knownCategories.size < CATEGORIES_REMEMBERED) this.#knownCategories.set(category, is);
    return is;
  }
}

/** More than a shop has; a catalogue that names one per item must not fill the memory. */
const CATEGORIES_REMEMBERED = 5_000;
