import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUSTOMER_ITEMS_MAX } from '../../core/training/customer-items.ts';
import { prepareFit, type TrainingData } from '../../core/training/fit.ts';
import { kindWeights } from '../../core/training/interactions.ts';
import type { ModelParameters } from '../../core/training/model.ts';
import { fitSimilarity } from '../../core/training/similarity.ts';
import { DAY_S, START_S, trainingData } from '../training/training-data.ts';

const AS_OF_S = START_S + 100 * DAY_S;

/**
 * The formula of similarity.ts, read aloud: dense, slow, one customer after the other.
 * s(i→j) = d_i^-b · d_j^-c · q_j^p · Σ_u d_u^-a · x_ui · x_uj · 0.5^(age_uj / H)
 */
function slowSimilarity(
  { interactions, items }: TrainingData,
  popular: Float32Array,
  p: ModelParameters,
): number[][] {
  const n = items.length;
  const met = Array.from(
    { length: interactions.customerCount },
    () => new Map<number, [number, number]>(),
  );
  const newestFirst = [...interactions.items.keys()].sort(
    (one, other) => interactions.timesS[other]! - interactions.timesS[one]! || other - one,
  );
  for (const row of newestFirst) {
    const weight = kindWeights[interactions.kinds[row]!]!;
    const known = met[interactions.customers[row]!]!;
    const item = interactions.items[row]!;
    if (weight === 0) continue;
    const before = known.get(item);
    if (before) known.set(item, [Math.max(before[0], Math.fround(weight)), before[1]]);
    else if (known.size < CUSTOMER_ITEMS_MAX) {
      known.set(item, [Math.fround(weight), (AS_OF_S - interactions.timesS[row]!) / DAY_S]);
    }
  }
  const degree = new Array<number>(n).fill(0);
  for (const known of met) for (const [item, [weight]] of known) degree[item]! += weight;
  const most = Math.max(0, ...popular);
  const table = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (const known of met) {
    const total = [...known.values()].reduce((sum, [weight]) => sum + weight, 0);
    for (const [i, [xi]] of known) {
      for (const [j, [xj, age]] of known) {
        table[i]![j]! += total ** -p.userExponent * xi * xj * 0.5 ** (age / p.targetHalfLifeDays);
      }
    }
  }
  return table.map((row, i) =>
    row.map((sum, j) => {
      if (sum === 0) return 0;
      const currency = most > 0 ? Math.max(popular[j]! / most, 1e-5) : 1;
      return (
        sum *
        degree[i]! ** -p.sourceExponent *
        degree[j]! ** -p.targetExponent *
        currency ** p.popularityExponent
      );
    }),
  );
}

const deed = fc.record({
  customer: fc.nat(8),
  item: fc.nat(11),
  kind: fc.constantFrom('view' as const, 'cart' as const, 'uncart' as const, 'purchase' as const),
  timeS: fc.integer({ min: START_S, max: AS_OF_S - 1 }),
});
const parameters = fc.record({
  userExponent: fc.double({ min: 0, max: 1, noNaN: true }),
  sourceExponent: fc.double({ min: 0, max: 1, noNaN: true }),
  targetExponent: fc.double({ min: 0, max: 1, noNaN: true }),
  neighboursMax: fc.integer({ min: 1, max: 14 }),
  targetHalfLifeDays: fc.double({ min: 1, max: 300, noNaN: true }),
  historyHalfLifeDays: fc.constant(30),
  popularityExponent: fc.double({ min: 0, max: 1, noNaN: true }),
  repeatBoost: fc.constant(1),
});

function expectSameAsSlow(data: TrainingData, chosen: ModelParameters): void {
  const { rows, popular, items } = prepareFit(data, AS_OF_S);
  const neighbours = fitSimilarity(rows, popular, AS_OF_S, chosen);
  const slow = slowSimilarity(data, popular, chosen);
  for (let source = 0; source < items.length; source++) {
    const from = neighbours.offsets[source]!;
    const until = neighbours.offsets[source + 1]!;
    const scores = [...neighbours.scores.subarray(from, until)];
    const best = slow[source]!.filter((score) => score > 0).sort((one, other) => other - one);
    expect(scores).toHaveLength(Math.min(chosen.neighboursMax, best.length));
    for (const [rank, score] of scores.entries()) {
      const target = neighbours.indices[from + rank]!;
      expect(score).toBeCloseTo(best[rank]!, 5);
      expect(Math.abs(score / slow[source]![target]! - 1)).toBeLessThan(1e-5);
    }
  }
}

describe('the similarity', () => {
  it('is the formula, to the last neighbour, for any interactions and parameters', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 120 }), parameters, (deeds, chosen) => {
        expectSameAsSlow(trainingData(deeds, 12), chosen);
      }),
      { numRuns: 200 },
    );
  });

  it('is the formula for a customer who did more than is looked at', () => {
    const giant = Array.from({ length: 400 }, (_, item) => ({
      customer: 0,
      item: item % 300,
      timeS: START_S + item * 1000,
    }));
    const other = [0, 150, 299].map((item) => ({ customer: 1, item, timeS: START_S + item }));
    fc.assert(
      fc.property(parameters, (chosen) => {
        expectSameAsSlow(trainingData([...giant, ...other], 300), chosen);
      }),
      { numRuns: 5 },
    );
  });

  it('of one item is with itself alone, and nothing where nobody met it', () => {
    const one = trainingData([{ customer: 0, item: 0, timeS: START_S }], 2);
    const { rows, popular } = prepareFit(one, AS_OF_S);
    const neighbours = fitSimilarity(rows, popular, AS_OF_S, {
      userExponent: 0.5,
      sourceExponent: 0.5,
      targetExponent: 0.5,
      neighboursMax: 10,
      targetHalfLifeDays: 30,
      historyHalfLifeDays: 30,
      popularityExponent: 0.5,
      repeatBoost: 1,
    });
    expect([...neighbours.offsets]).toEqual([0, 1, 1]);
    expect([...neighbours.indices]).toEqual([0]);
  });
});
