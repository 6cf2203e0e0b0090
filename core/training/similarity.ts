/**
 * Time-aware item–item similarity.
 *
 *   s(i→j) = d_i^-b · d_j^-c · q_j^p · Σ_u d_u^-a · x_ui · x_uj · 0.5^(age_uj / H)
 *
 * over customers u that have both items: x_ui is the weight of u's strongest interaction with i,
 * d_u = Σ_i x_ui, d_i = Σ_u x_ui, age_uj how long ago u last met j, H = targetHalfLifeDays, and q_j
 * the decayed popularity of j relative to the most popular item's, never below POPULARITY_FLOOR.
 * The exponents' roles are from Aiolli (RecSys 2013) and Verstrepen & Goethals (RecSys 2014), who
 * damp customers and items apart; decaying only the target's side lets an old purchase still speak
 * for what is bought now. i → i is kept: it is how likely the item is bought again.
 *
 * Each row keeps its `neighboursMax` best, best first, equal scores by item index. Time is
 * O(Σ_u n_u²) with n_u ≤ CUSTOMER_ITEMS_MAX, memory one dense row beside the result.
 */

import type { CustomerItems } from './customer-items.ts';
import { type GroupedRows, groupRows } from './group-rows.ts';
import type { Model, ModelParameters } from './model.ts';
import { DAY_S } from './popularity.ts';
import { selectBest } from './select-best.ts';

/** An item that nobody wants now keeps this share, so that q^p orders such items and does not erase them. */
const POPULARITY_FLOOR = 1e-5;

export type Neighbours = Model['neighbours'];

/** Customers × items with everything that does not depend on the row worked into the weights. */
interface WeightedRows {
  readonly rows: CustomerItems;
  /** d_u^-a · x_uj · 0.5^(age_uj / H), beside `rows.items`. */
  readonly targetWeights: Float64Array;
  /** Per item: its places in `rows`, and whose rows they are in. */
  readonly byItem: GroupedRows;
  readonly customerOf: Uint32Array;
  readonly sourceScale: Float64Array;
  readonly targetScale: Float64Array;
}

/** `popular` is the decayed popularity at `asOfS`; `rows` holds nothing later. */
export function fitSimilarity(
  rows: CustomerItems,
  popular: Float32Array,
  asOfS: number,
  parameters: ModelParameters,
): Neighbours {
  const itemCount = popular.length;
  const weighted = weightRows(rows, popular, asOfS, parameters);
  const sums = new Float64Array(itemCount);
  const touched = new Uint32Array(itemCount);
  const offsets = new Uint32Array(itemCount + 1);
  const indices: Uint32Array[] = [];
  const scores: Float32Array[] = [];
  for (let source = 0; source < itemCount; source++) {
    const count = accumulateRow(weighted, source, sums, touched);
    const best = selectBest(touched.subarray(0, count), sums, parameters.neighboursMax);
    const scale = weighted.sourceScale[source] as number;
    indices.push(best);
    scores.push(Float32Array.from(best, (target) => scale * (sums[target] as number)));
    offsets[source + 1] = (offsets[source] as number) + best.length;
    for (let at = 0; at < count; at++) sums[touched[at] as number] = 0;
  }
  return {
    offsets,
    indices: concatenate(indices, new Uint32Array(offsets[itemCount] as number)),
    scores: concatenate(scores, new Float32Array(offsets[itemCount] as number)),
  };
}

/** Sums one row into `sums`, lists its items in `touched` and returns how many there are. */
function accumulateRow(
  weighted: WeightedRows,
  source: number,
  sums: Float64Array,
  touched: Uint32Array,
): number {
  const { rows, targetWeights, byItem, customerOf, targetScale } = weighted;
  const lastPlace = byItem.offsets[source + 1] as number;
  let count = 0;
  for (let at = byItem.offsets[source] as number; at < lastPlace; at++) {
    const place = byItem.rows[at] as number;
    const customer = customerOf[place] as number;
    const sourceWeight = rows.weights[place] as number;
    const end = rows.offsets[customer + 1] as number;
    for (let other = rows.offsets[customer] as number; other < end; other++) {
      const added = sourceWeight * (targetWeights[other] as number);
      // What a very old co-occurrence rounds to nothing is no neighbour.
      if (added === 0) continue;
      const target = rows.items[other] as number;
      const sum = sums[target] as number;
      if (sum === 0) touched[count++] = target;
      sums[target] = sum + added;
    }
  }
  for (let at = 0; at < count; at++) {
    const target = touched[at] as number;
    sums[target] = (sums[target] as number) * (targetScale[target] as number);
  }
  return count;
}

function weightRows(
  rows: CustomerItems,
  popular: Float32Array,
  asOfS: number,
  parameters: ModelParameters,
): WeightedRows {
  const customerCount = rows.offsets.length - 1;
  const itemDegrees = new Float64Array(popular.length);
  const customerOf = new Uint32Array(rows.items.length);
  const targetWeights = new Float64Array(rows.items.length);
  for (let customer = 0; customer < customerCount; customer++) {
    const start = rows.offsets[customer] as number;
    const end = rows.offsets[customer + 1] as number;
    let degree = 0;
    for (let place = start; place < end; place++) degree += rows.weights[place] as number;
    const damping = degree ** -parameters.userExponent;
    for (let place = start; place < end; place++) {
      const weight = rows.weights[place] as number;
      const item = rows.items[place] as number;
      const ageDays = Math.max(0, asOfS - (rows.timesS[place] as number)) / DAY_S;
      customerOf[place] = customer;
      targetWeights[place] = damping * weight * 0.5 ** (ageDays / parameters.targetHalfLifeDays);
      itemDegrees[item] = (itemDegrees[item] as number) + weight;
    }
  }
  const scale = (exponent: number) =>
    itemDegrees.map((degree) => (degree > 0 ? degree ** -exponent : 0));
  const currency = popularityScale(popular, parameters.popularityExponent);
  return {
    rows,
    targetWeights,
    byItem: groupRows(rows.items, popular.length),
    customerOf,
    sourceScale: scale(parameters.sourceExponent),
    targetScale: scale(parameters.targetExponent).map(
      (value, item) => value * (currency[item] as number),
    ),
  };
}

export function popularityScale(popular: Float32Array, exponent: number): Float64Array {
  const most = popular.reduce((max, value) => Math.max(max, value), 0);
  return Float64Array.from(popular, (value) =>
    most > 0 ? Math.max(value / most, POPULARITY_FLOOR) ** exponent : 1,
  );
}

function concatenate<Column extends Uint32Array | Float32Array>(
  parts: readonly Column[],
  whole: Column,
): Column {
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
