import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftBetween } from '../../../core/quality/drift.ts';

const counts = (record: Record<string, number>) => new Map(Object.entries(record));
const kinds = ['psi', 'ks', 'chi2'] as const;
const distribution = fc
  .array(fc.nat(1000), { minLength: 2, maxLength: 40 })
  .filter((bins) => bins.some((count) => count > 0))
  .map((bins) => new Map(bins.map((count, bin) => [String(bin), count])));

describe('the distance between distributions', () => {
  it.each(kinds)('%s is 0 between equal ones, whatever their size', (by) => {
    const before = counts({ a: 4000, b: 4000, c: 2000 });
    const now = counts({ a: 400, b: 400, c: 200 });
    const { distance, chance } = driftBetween(by, now, before, false);
    expect(distance).toBeLessThan(0.001);
    expect(distance).toBeLessThan(chance);
  });

  it('psi is Σ (p − q) ln(p / q)', () => {
    const now = counts({ a: 60_000, b: 40_000 });
    const before = counts({ a: 80_000, b: 20_000 });
    const expected = (0.6 - 0.8) * Math.log(0.6 / 0.8) + (0.4 - 0.2) * Math.log(0.4 / 0.2);
    expect(driftBetween('psi', now, before, false).distance).toBeCloseTo(expected, 4);
  });

  it('ks is the largest difference of the cumulated shares, in the order of numbers', () => {
    const now = counts({ '2': 50, '10': 50 });
    const before = counts({ '2': 10, '10': 90 });
    expect(driftBetween('ks', now, before, true).distance).toBeCloseTo(0.4, 10);
  });

  it('chi2 is Cramér’s V, 1 between distributions that share nothing', () => {
    const now = counts({ a: 100 });
    const before = counts({ b: 100 });
    expect(driftBetween('chi2', now, before, false).distance).toBeCloseTo(1, 10);
  });

  it('takes a new value and a vanished one for what they are', () => {
    const before = counts({ gbp: 9000, eur: 1000 });
    expect(
      driftBetween('psi', counts({ gbp: 500, '': 500 }), before, false).distance,
    ).toBeGreaterThan(1);
  });

  it('joins neighbours of numbers, so that hundreds of thin bins are no drift by themselves', () => {
    const bins = (offset: number) =>
      new Map(Array.from({ length: 300 }, (_, bin) => [String(bin), (bin * 7 + offset) % 3]));
    const { distance, chance, binCount } = driftBetween('psi', bins(0), bins(1), true);
    expect(binCount).toBeLessThanOrEqual(10);
    expect(distance).toBeLessThan(chance);
  });

  it.each(kinds)('%s is never negative, and the same in both directions but for the bins', (by) => {
    fc.assert(
      fc.property(distribution, distribution, (now, before) => {
        const there = driftBetween(by, now, before, true);
        expect(there.distance).toBeGreaterThanOrEqual(-1e-12);
        expect(Number.isFinite(there.distance)).toBe(true);
        if (by === 'ks') {
          expect(driftBetween(by, before, now, true).distance).toBeCloseTo(there.distance, 10);
        }
      }),
      { seed: 164 },
    );
  });

  it('stays below what chance alone makes in nearly all samples of one distribution', () => {
    let state = 42;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
    const sample = (size: number) => {
      const bins = new Map<string, number>();
      for (let index = 0; index < size; index += 1) {
        const bin = String(Math.floor(random() ** 2 * 20));
        bins.set(bin, (bins.get(bin) ?? 0) + 1);
      }
      return bins;
    };
    const before = sample(20_000);
    for (const by of kinds) {
      const beyond = Array.from({ length: 200 }, () => driftBetween(by, sample(400), before, true));
      expect(beyond.filter(({ distance, chance }) => distance > chance).length).toBeLessThan(4);
    }
  });
});
