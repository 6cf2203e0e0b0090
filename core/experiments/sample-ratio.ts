import chiSquareBelow from '@stdlib/stats-base-dists-chisquare-cdf';

/**
 * Whether the customers came in the shares that the document says. If not, something takes customers of one variant away
 * more often than of another (a broken template, a filter behind the deal), and no comparison can be believed.
 */
export interface SampleRatio {
  readonly chiSquare: number;
  readonly pValue: number;
  readonly isMismatch: boolean;
}

/** Every night asks of every experiment: a smaller level than usual, or it would cry wolf. */
export const SAMPLE_RATIO_ALPHA = 0.001;

/**
 * Pearson's χ² of the counts against the weights. Source: Fabijan et al., “Diagnosing Sample Ratio Mismatch in Online
 * Controlled Experiments”, KDD 2019, which also has the level of .001.
 */
export function sampleRatioOf(
  counts: readonly number[],
  weights: readonly number[],
): SampleRatio | undefined {
  const total = sum(counts);
  if (total === 0 || counts.length < 2) return undefined;
  const all = sum(weights);
  const chiSquare = sum(
    counts.map((count, at) => {
      const expected = (total * (weights[at] ?? 0)) / all;
      return (count - expected) ** 2 / expected;
    }),
  );
  const pValue = 1 - chiSquareBelow(chiSquare, counts.length - 1);
  return { chiSquare, pValue, isMismatch: pValue < SAMPLE_RATIO_ALPHA };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
