/**
 * Interactions as shops have them, made up: how often an item is met falls with its rank as rank^-0.9, how much a
 * customer does is spread log-normally (the median 7, the mean about 20), and a customer mostly stays in a few
 * neighbourhoods of items, without which nothing could be learnt. Everything follows from the seed.
 */
import { CART, type Interactions, PURCHASE, VIEW } from '../../core/training/interactions.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';

const CUSTOMER_MEAN = 20;
const SPREAD = 1.45;
const ITEM_EXPONENT = 0.9;
const DAYS = 180;
const DAY_S = 86_400;
const NOW_S = Date.UTC(2026, 10, 1) / 1000;
/** Of what a customer does, this share is near what it did before. */
const NEAR_SHARE = 0.7;
const NEAR_ITEMS = 40;

/** A catalogue grows slower than its shop's traffic. */
export function itemCountFor(rows: number): number {
  return Math.round(Math.min(500_000, 20 * Math.sqrt(rows)));
}

export function powerLawInteractions(rows: number, seed: number): Interactions {
  const random = seededRandom(seed);
  const itemCount = itemCountFor(rows);
  const customers = new Uint32Array(rows);
  const items = new Uint32Array(rows);
  const kinds = new Uint8Array(rows);
  const timesS = new Uint32Array(rows);
  let customer = 0;
  for (let row = 0; row < rows; customer += 1) {
    const size = Math.max(1, Math.round(logNormal(random, CUSTOMER_MEAN, SPREAD)));
    let centre = itemByRank(random(), itemCount);
    for (const end = Math.min(rows, row + size); row < end; row += 1) {
      const isNear = random() < NEAR_SHARE;
      const item = isNear
        ? (centre + Math.floor(random() * NEAR_ITEMS)) % itemCount
        : itemByRank(random(), itemCount);
      if (!isNear) centre = item;
      customers[row] = customer;
      items[row] = item;
      const kind = random();
      kinds[row] = kind < 0.8 ? VIEW : kind < 0.9 ? CART : PURCHASE;
      timesS[row] = NOW_S - Math.floor(random() * DAYS * DAY_S);
    }
  }
  return { customers, items, kinds, timesS, customerCount: customer, itemCount };
}

/** The inverse of the distribution that falls as rank^-ITEM_EXPONENT, without a table. */
function itemByRank(uniform: number, itemCount: number): number {
  const power = 1 - ITEM_EXPONENT;
  const rank = (1 + uniform * (itemCount ** power - 1)) ** (1 / power);
  return Math.min(itemCount - 1, Math.floor(rank) - 1);
}

/** Box and Muller's normal, with the mean that is asked for. */
function logNormal(random: () => number, mean: number, spread: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean * Math.exp(spread * normal - spread ** 2 / 2);
}
