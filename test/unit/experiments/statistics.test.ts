import { describe, expect, it } from 'vitest';
import { beliefOfMeans, beliefOfShares } from '../../../core/experiments/chance-to-beat.ts';
import {
  daysToGo,
  fixedDetectableUplift,
  sequentialDetectableUplift,
} from '../../../core/experiments/detectable-uplift.ts';
import { fixedInterval, fixedPValue, upliftOf } from '../../../core/experiments/relative-uplift.ts';
import { sampleRatioOf } from '../../../core/experiments/sample-ratio.ts';
import {
  sequentialHalfWidth,
  sequentialInterval,
  sequentialPValue,
} from '../../../core/experiments/sequential-interval.ts';
import {
  adjustedRatiosOf,
  type MeanEstimate,
  ratioOf,
  sumsOf,
  type UnitSums,
} from '../../../core/experiments/unit-sums.ts';
import { effectiveCount, wilsonInterval } from '../../../core/experiments/wilson-interval.ts';

/**
 * Frozen values are those of scipy 1.17.1, by the expressions beside them, or of GrowthBook's own tests
 * (packages/stats/tests/frequentist/test_tests.py).
 */

describe('the interval of a share', () => {
  // stats.binomtest(k, n).proportion_ci(method='wilson')
  it.each([
    [0, 10, 0, 0.2775327998628893],
    [1, 10, 0.01787621309507289, 0.4041500267952385],
    [7, 50, 0.06950833427016292, 0.2618619371058574],
    [500, 10_000, 0.04589848269058477, 0.05444711584302416],
    [10, 10, 0.7224672001371109, 1],
  ])('of %i in %i is Wilson’s', (successes, count, lower, upper) => {
    const found = wilsonInterval(successes / count, count);
    expect(found.lower).toBeCloseTo(lower, 12);
    expect(found.upper).toBeCloseTo(upper, 12);
  });

  it('of nothing says nothing', () => {
    expect(wilsonInterval(0, 0)).toEqual({ lower: 0, upper: 1 });
  });

  it('is wider where mails of one customer are alike', () => {
    const alone = sumsOf(Array.from({ length: 200 }, (_, at) => unit(1, at % 2)));
    const pairs = sumsOf(Array.from({ length: 100 }, (_, at) => unit(2, 2 * (at % 2))));
    const counts = [alone, pairs].map((sums) => {
      const { mean, variance, customers } = ratioOf(sums);
      return effectiveCount(mean, variance / customers, sums.size);
    });
    expect(counts[0]).toBeCloseTo(199, 6);
    expect(counts[1]).toBeCloseTo(99, 6);
  });
});

describe('the sample ratio', () => {
  // stats.chisquare(observed, expected)
  it.each([
    [[4_000, 4_300], [0.5, 0.5], 10.843373493975903, 0.0009914993229386, true],
    [[100, 110], [0.5, 0.5], 0.47619047619047616, 0.4901529604158251, false],
    [[500, 300, 180], [0.5, 0.3, 0.2], 1.6326530612244898, 0.44205254202382593, false],
  ])('of %j for %j is χ²', (counts, weights, chiSquare, pValue, isMismatch) => {
    const found = sampleRatioOf(counts, weights);
    expect(found?.chiSquare).toBeCloseTo(chiSquare, 10);
    expect(found?.pValue).toBeCloseTo(pValue, 12);
    expect(found?.isMismatch).toBe(isMismatch);
  });

  it('of nobody is none', () => {
    expect(sampleRatioOf([0, 0], [0.5, 0.5])).toBeUndefined();
  });
});

describe('what is believed of two shares', () => {
  // Miller's sum and the closed form of the loss, with scipy.special.betaln
  it.each([
    [10, 100, 14, 100, 0.8034168744483207, 0.005079098970368644],
    [500, 10_000, 550, 10_000, 0.9434781553062337, 7.606405606880046e-5],
    [0, 20, 1, 20, 0.7560975609756093, 0.010570824524312853],
    [30, 1_000, 20, 900, 0.149040660797576, 0.00823674271563532],
    [4_800, 96_000, 4_950, 96_000, 0.9405201892184797, 2.5630945148585275e-5],
  ])('%i of %i and %i of %i is the closed form', (a, of, b, among, chance, loss) => {
    const found = beliefOfShares({ share: a / of, count: of }, { share: b / among, count: among });
    expect(found.chanceToBeat).toBeCloseTo(chance, 7);
    expect(found.expectedLoss / loss).toBeCloseTo(1, 5);
  });

  it('of two means is the normal distribution’s', () => {
    // stats.norm.cdf(d / s), and the integral of -x · pdf(x, d, s) below 0
    const mean = (value: number) => ({
      ...{ mean: value, variance: 50 * 0.05 ** 2 },
      ...{ customers: 100, outcomes: 100 },
    });
    const found = beliefOfMeans(mean(1), mean(1.1));
    expect(found?.chanceToBeat).toBeCloseTo(0.9772498680518208, 10);
    expect(found?.expectedLoss).toBeCloseTo(0.00042453513084148, 10);
  });
});

const share = (successes: number, customers: number): MeanEstimate => {
  const mean = successes / customers;
  return { mean, variance: mean * (1 - mean), customers, outcomes: successes };
};
const sample = (sum: number, squares: number, customers: number): MeanEstimate => ({
  mean: sum / customers,
  variance: (squares - (sum * sum) / customers) / (customers - 1),
  customers,
  outcomes: customers,
});

/** GrowthBook’s uplift: the same sequence about another estimate, b/a − 1 with its own error. */
function growthbookInterval(
  a: MeanEstimate,
  b: MeanEstimate,
  { tunedFor = 5_000, base = a.mean } = {},
) {
  const uplift = (b.mean - a.mean) / base;
  const standardError = Math.sqrt(
    b.variance / (base ** 2 * b.customers) + (a.variance * b.mean ** 2) / (base ** 4 * a.customers),
  );
  const customers = a.customers + b.customers;
  const half = sequentialHalfWidth({ standardError, customers }, 0.05, tunedFor);
  const pValue = sequentialPValue({ logRatio: uplift, standardError, customers }, 0.05, tunedFor);
  return { uplift, standardError, lower: uplift - half, upper: uplift + half, pValue };
}

describe('the sequential interval', () => {
  const control = sample(1396.87, 52_377.9767, 3_000);
  const variant = sample(2_422.7, 134_698.29, 3_461);

  it('about GrowthBook’s estimate of shares is GrowthBook’s', () => {
    const found = growthbookInterval(share(1_396, 3_000), share(2_422, 3_461));
    expect(found.uplift).toBeCloseTo(0.50386, 5);
    expect(found.standardError).toBeCloseTo(0.03386, 5);
    expect(found.lower).toBeCloseTo(0.40098, 5);
    expect(found.upper).toBeCloseTo(0.60675, 5);
    expect(found.pValue).toBeLessThan(1e-5);
  });

  it('about GrowthBook’s estimate of means is GrowthBook’s, tuned for 1,000 customers', () => {
    const found = growthbookInterval(control, variant, { tunedFor: 1_000 });
    expect(found.uplift).toBeCloseTo(0.50336, 5);
    expect(found.standardError).toBeCloseTo(0.33341, 5);
    expect(found.lower).toBeCloseTo(-0.55844, 5);
    expect(found.upper).toBeCloseTo(1.56516, 5);
    expect(found.pValue).toBe(1);
  });

  it('is narrowest about the size that it is tuned for', () => {
    const half = (tunedFor: number) =>
      sequentialHalfWidth({ standardError: 1, customers: 6_461 }, 0.05, tunedFor);
    expect(half(6_461)).toBeLessThan(half(10_000));
    expect(half(10_000)).toBeLessThan(half(10));
  });
});

describe('an uplift', () => {
  it('is that of the means, with the interval of the risk ratio', () => {
    // stats.contingency.relative_risk(120, 2000, 90, 2000).confidence_interval(.95)
    const found = upliftOf(share(90, 2_000), share(120, 2_000))!;
    expect(found.uplift).toBeCloseTo(1 / 3, 12);
    const { lower, upper } = fixedInterval(found);
    expect(lower).toBeCloseTo(RISK_RATIO[0]! - 1, 10);
    expect(upper).toBeCloseTo(RISK_RATIO[1]! - 1, 10);
  });

  it('turned round is the inverse', () => {
    const [a, b] = [share(90, 2_000), share(120, 2_100)];
    const [found, turned] = [upliftOf(a, b)!, upliftOf(b, a)!];
    expect(1 + turned.uplift).toBeCloseTo(1 / (1 + found.uplift), 12);
    expect(1 + sequentialInterval(turned).lower).toBeCloseTo(
      1 / (1 + sequentialInterval(found).upper),
      12,
    );
  });

  it('is significant exactly where its interval leaves out nothing', () => {
    for (let at = 1; at < 400; at += 1) {
      const logRatio = at / 1_000;
      const found = {
        uplift: Math.expm1(logRatio),
        logRatio,
        standardError: 0.05,
        customers: 4_000,
      };
      const isOutside = sequentialInterval(found).lower > 0;
      expect(sequentialPValue(found) < 0.05, String(at)).toBe(isOutside);
      expect(fixedPValue(found) < 0.05, String(at)).toBe(fixedInterval(found).lower > 0);
    }
  });

  it('of fewer than 25 customers with an outcome is none', () => {
    expect(upliftOf(share(24, 100), share(30, 100))).toBeUndefined();
    expect(upliftOf(share(30, 100), share(24, 100))).toBeUndefined();
    expect(upliftOf(share(25, 100), share(25, 100))?.uplift).toBe(0);
  });
});

describe('what customers did before', () => {
  it('taken out is GrowthBook’s regression adjustment', () => {
    const sums = (sum: number, squares: number, pre: number, preSquares: number, n: number) =>
      ({
        ...{ customers: n, outcomes: n, size: n, sizeSize: n },
        ...{ value: sum, sizeValue: sum, valueValue: squares },
        ...{ before: pre, beforeBefore: preSquares, beforeSize: pre, beforeValue: 1 },
      }) satisfies UnitSums;
    const control = sums(1396.87, 52_377.9767, 16.87, 527.9767, 3_000);
    const variant = sums(2_422.7, 134_698.29, 22.7, 1_348.29, 3_461);
    const [a, b] = adjustedRatiosOf([control, variant]);
    const found = growthbookInterval(a!, b!, { base: ratioOf(control).mean });
    expect(found.uplift).toBeCloseTo(0.50338, 5);
    expect(found.lower).toBeCloseTo(-0.50969, 4);
    expect(found.upper).toBeCloseTo(1.51646, 4);
  });

  it('taken out of ratios is numpy’s, value by value', () => {
    const arm = (shift: number, count: number) =>
      sumsOf(
        Array.from({ length: count }, (_, i) => {
          const before = (i * i + shift) % 7;
          const rise = Math.floor(((i * 5 + shift) % 4) / 3);
          const size = 1 + (i % 3);
          return { size, before, value: Math.min(size, (before >= 3 ? 1 : 0) + rise) };
        }),
      );
    const arms = [arm(0, 40), arm(3, 50)];
    expect(arms.map(ratioOf).map(({ mean }) => mean)).toEqual([
      expect.closeTo(RATIOS[0]!, 10),
      expect.closeTo(RATIOS[1]!, 10),
    ]);
    expect(arms.map(ratioOf).map(({ variance }) => variance)).toEqual([
      expect.closeTo(RATIOS[2]!, 10),
      expect.closeTo(RATIOS[3]!, 10),
    ]);
    const adjusted = adjustedRatiosOf(arms);
    expect(adjusted.map(({ mean }) => mean)).toEqual([
      expect.closeTo(ADJUSTED[0]!, 10),
      expect.closeTo(ADJUSTED[1]!, 10),
    ]);
    expect(adjusted.map(({ variance }) => variance)).toEqual([
      expect.closeTo(ADJUSTED[2]!, 10),
      expect.closeTo(ADJUSTED[3]!, 10),
    ]);
  });

  it('that nobody did changes nothing', () => {
    const arms = [0, 1].map((at) => sumsOf([unit(1, at), unit(2, 1), unit(1, 0)]));
    expect(adjustedRatiosOf(arms)).toEqual(arms.map(ratioOf));
  });
});

describe('the detectable uplift', () => {
  it('of one look is e to the power of 2.80 standard errors', () => {
    // stats.norm.ppf(.975) + stats.norm.ppf(.8)
    const found = fixedDetectableUplift({ standardError: 0.1, customers: 100 });
    expect(Math.log1p(found)).toBeCloseTo(0.280158521811, 10);
  });

  it('at every look is larger, and reached on the day that is said', () => {
    const noise = { standardError: 0.1, customers: 4_000 };
    const now = sequentialDetectableUplift(noise);
    expect(now).toBeGreaterThan(fixedDetectableUplift(noise));
    expect(daysToGo(noise, 500, now)).toBe(0);
    const days = daysToGo(noise, 500, 0.1)!;
    const detectableIn = (more: number) =>
      sequentialDetectableUplift({
        customers: 4_000 + 500 * more,
        standardError: 0.1 * Math.sqrt(4_000 / (4_000 + 500 * more)),
      });
    expect(detectableIn(days)).toBeLessThanOrEqual(0.1);
    expect(detectableIn(days - 1)).toBeGreaterThan(0.1);
    expect(daysToGo(noise, 0, 0.1)).toBeUndefined();
    expect(daysToGo(noise, 1, 0.001)).toBeUndefined();
  });
});

/** scipy’s interval of the ratio of two shares, see above. */
const RISK_RATIO = [1.0217314888893014, 1.7399657318092008];
/** numpy 2: the linear parts’ ddof=1 moments, θ = Σ cov / Σ var; means of both arms, then variances. */
const RATIOS = [0.26582278481012656, 0.45454545454545453, 0.10605553798134064, 0.10669396380104404];
const ADJUSTED = [0.3297451891728517, 0.4034075310552744, 0.072502840408463, 0.0643259034918526];

function unit(size: number, value: number) {
  return { size, value, before: 0 };
}
