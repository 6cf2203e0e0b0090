import type { ShopItem } from './catalogue.ts';
import { categoryNames } from './catalogue.ts';
import type { Random } from './random.ts';

/** A customer of the synthetic shop. `cold` ones said who they are and have looked at nothing. */
export interface ShopCustomer {
  readonly userId: string;
  readonly email: string;
  readonly firstName: string;
  readonly anonymousId: string;
  readonly kind: 'warm' | 'cold';
  /** How often they visit in the whole span. */
  readonly sessionCount: number;
  readonly taste: Taste;
}

/** What somebody likes: two categories, some brands, and for some a new love from a day on. */
export interface Taste {
  readonly first: string;
  readonly second: string;
  readonly brands: ReadonlySet<string>;
  /** From this share of the span on the second category is the first; above 1 for the constant. */
  readonly turnsAt: number;
}

const firstNames = [
  'Ada',
  'Ben',
  'Cleo',
  'Dev',
  'Elif',
  'Femi',
  'Grace',
  'Hugo',
  'Iris',
  'Jonas',
  'Kemi',
  'Luca',
  'Mina',
  'Noor',
  'Otto',
  'Priya',
];

/** One customer in fourteen never looks at a product. */
const COLD_SHARE = 1 / 14;
/** A quarter of the customers make most of the visits, as in any shop. */
const REGULAR_SHARE = 0.25;
const DRIFT_SHARE = 0.2;

export function drawCustomer(
  random: Random,
  index: number,
  items: readonly ShopItem[],
): ShopCustomer {
  const number = String(index + 1).padStart(4, '0');
  const firstName = random.pick(firstNames);
  const isCold = random.happens(COLD_SHARE);
  const isRegular = random.happens(REGULAR_SHARE);
  return {
    userId: `customer-${number}`,
    email: `${firstName.toLowerCase()}.${number}@mail.example`,
    firstName,
    anonymousId: `device-${number}-${random.integer(100_000, 999_999)}`,
    kind: isCold ? 'cold' : 'warm',
    sessionCount: isRegular ? random.integer(5, 7) : random.integer(1, 3),
    taste: drawTaste(random, items),
  };
}

function drawTaste(random: Random, items: readonly ShopItem[]): Taste {
  const first = random.pick(categoryNames);
  const second = random.pick(categoryNames.filter((name) => name !== first));
  const brandsOf = (category: string) =>
    items.filter((item) => item.category === category).map(({ brand }) => brand);
  return {
    first,
    second,
    brands: new Set([
      random.pick(brandsOf(first)),
      random.pick(brandsOf(first)),
      random.pick(brandsOf(second)),
    ]),
    turnsAt: random.happens(DRIFT_SHARE) ? 0.3 + 0.5 * random.fraction() : 2,
  };
}

/** Of ten products looked at, about seven are of the first category, two of the second, one of any. */
const FIRST_WEIGHT = 7;
const SECOND_WEIGHT = 2;
const OTHER_WEIGHT = 1;
const BRAND_BOOST = 6;
/** A new product gets more attention than its appeal would earn it. */
const NEW_BOOST = 2;

/**
 * How strongly each item draws this customer at a moment of the span (0 = its beginning, 1 = its end);
 * 0 for what is not yet on sale.
 */
export function attraction(
  taste: Taste,
  items: readonly ShopItem[],
  timeMs: number,
  spanShare: number,
): Float64Array {
  const hasTurned = spanShare >= taste.turnsAt;
  const first = hasTurned ? taste.second : taste.first;
  const second = hasTurned ? taste.first : taste.second;
  const weights = new Float64Array(items.length);
  for (const [index, item] of items.entries()) {
    if (item.launchedAtMs > timeMs) continue;
    const isNew = timeMs - item.launchedAtMs < 30 * 86_400_000;
    weights[index] =
      item.appeal *
      categoryWeight(item.category, first, second) *
      (taste.brands.has(item.brand) ? BRAND_BOOST : 1) *
      (isNew ? NEW_BOOST : 1);
  }
  return weights;
}

/** Weights are per category of equal size, so the remaining six share OTHER_WEIGHT. */
function categoryWeight(category: string, first: string, second: string): number {
  if (category === first) return FIRST_WEIGHT;
  return category === second ? SECOND_WEIGHT : OTHER_WEIGHT / (categoryNames.length - 2);
}
