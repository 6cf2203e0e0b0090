import { ALPHA, type Interval } from './interval.ts';
import { normalQuantile } from './normal-distribution.ts';

/**
 * The interval of a share that was seen in `count` trials: Wilson's score interval, which holds for small counts and
 * for shares near 0 and 1, where the textbook's ± doesn't.
 *
 *   (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
 *
 * `count` need not be whole: where mails of one customer are alike, it is the number of independent ones
 * (`effectiveCount`). Source: Wilson, JASA 22 (1927) 209–212; Brown, Cai, DasGupta, Statistical Science 16 (2001).
 */
export function wilsonInterval(share: number, count: number, alpha = ALPHA): Interval {
  if (count <= 0) return { lower: 0, upper: 1 };
  const z = normalQuantile(1 - alpha / 2);
  const z2 = z * z;
  const middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half =
    (z / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count));
  return { lower: Math.max(0, middle - half), upper: Math.min(1, middle + half) };
}

/**
 * How many independent trials a share is worth whose estimate has the variance `variance`: the count at which
 * p(1−p)/n is that variance, never more than there were. Source: Kish, Survey Sampling (1965), design effect;
 * used with Wilson's interval by Franco et al., J. of Survey Statistics and Methodology 7 (2019) 334–364.
 */
export function effectiveCount(share: number, variance: number, count: number): number {
  const independent = share * (1 - share);
  if (!(variance > 0) || independent <= 0) return count;
  return Math.min(count, independent / variance);
}
