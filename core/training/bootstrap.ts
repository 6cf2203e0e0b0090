import * as z from 'zod';
import { seededRandom } from './seeded-random.ts';

/** Enough for bounds that move by less than a tenth of the interval from seed to seed. */
const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/** A mean with the bounds of its 95 % percentile-bootstrap interval. */
export const interval = z.strictObject({ mean: z.number(), lower: z.number(), upper: z.number() });
export type Interval = Readonly<z.infer<typeof interval>>;

/**
 * Interval of the mean of `values` (here paired differences, one per customer: customers are what is
 * resampled). Zeroes for no values. O(RESAMPLES · values).
 */
export function bootstrapMean(values: Float64Array, seed: number): Interval {
  if (values.length === 0) return { mean: 0, lower: 0, upper: 0 };
  const random = seededRandom(seed);
  const means = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) {
      sum += values[Math.floor(random() * values.length)] as number;
    }
    means[resample] = sum / values.length;
  }
  means.sort();
  const tail = (1 - CONFIDENCE) / 2;
  const at = (share: number) => means[Math.floor(share * (RESAMPLES - 1))] as number;
  return { mean: mean(values), lower: at(tail), upper: at(1 - tail) };
}

export function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
