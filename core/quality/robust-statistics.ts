/**
 * Is a day's measure usual for its weekday? Judged by the modified z-score of B. Iglewicz and D. Hoaglin
 * (How to Detect and Handle Outliers, ASQC, 1993, section 4.2):
 *
 *   M = 0.6745 · (x − median) / MAD,   unusual where |M| > 3.5
 *
 * over the same weekday of the trailing weeks: a shop's week repeats, its days don't resemble one another.
 * Median and MAD (median absolute deviation) stay put when up to half of the past days were unusual
 * themselves. 0.6745 is the 0.75 quantile of the normal distribution, so that M counts in standard
 * deviations. Where the MAD is 0 the mean absolute deviation stands in, times 1.2533 (√(π/2)).
 */

const NORMAL_QUARTILE = 0.6745;
const MEAN_DEVIATION_TO_SIGMA = 1.2533;
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;

/** Three days' median is any of them; with four, one unusual day cannot decide. */
export const WEEKDAYS_MIN = 4;

export interface WeekdayQuestion {
  /** Measures by day, `YYYY-MM-DD`; a day that isn't there was not measured. */
  readonly measures: ReadonlyMap<string, number>;
  /** The day in question, which is among the measures. */
  readonly day: string;
  readonly trailingWeeks: number;
  readonly zMax: number;
  readonly direction: 'both' | 'below' | 'above';
  /** Standard deviation that the measure has by chance alone, at the level of the median. */
  readonly chanceOf: (median: number) => number;
}

export interface WeekdayBand {
  readonly low: number;
  readonly high: number;
  readonly median: number;
  readonly mad: number;
  readonly measureCount: number;
}

export type WeekdayVerdict =
  | { readonly kind: 'not enough history'; readonly weekdayCount: number }
  | {
      readonly kind: 'judged';
      readonly value: number;
      /** Modified z-score, signed. */
      readonly z: number;
      readonly band: WeekdayBand;
      readonly isUnusual: boolean;
    };

/** Compares a day with the same weekday of the weeks before it. */
export function judgeWeekday(question: WeekdayQuestion): WeekdayVerdict {
  const { measures, day, trailingWeeks, zMax, direction, chanceOf } = question;
  const value = measures.get(day);
  const past = weekdaysBefore(day, trailingWeeks).flatMap((one) => measures.get(one) ?? []);
  if (value === undefined || past.length < WEEKDAYS_MIN) {
    return { kind: 'not enough history', weekdayCount: past.length };
  }
  const median = medianOf(past);
  const mad = medianOf(past.map((one) => Math.abs(one - median)));
  const sigma = Math.max(sigmaOf(past, median, mad), chanceOf(median));
  const z = sigma > 0 ? (value - median) / sigma : Math.sign(value - median) * Number.MAX_VALUE;
  const isUnusual = (direction !== 'above' && z < -zMax) || (direction !== 'below' && z > zMax);
  const band = {
    low: median - zMax * sigma,
    high: median + zMax * sigma,
    median,
    mad,
    measureCount: past.length,
  };
  return { kind: 'judged', value, z, band, isUnusual };
}

/** @throws RangeError for no values. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('no values have no median');
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  return (lower + upper) / 2;
}

function sigmaOf(values: readonly number[], median: number, mad: number): number {
  if (mad > 0) return mad / NORMAL_QUARTILE;
  const deviations = values.map((value) => Math.abs(value - median));
  const mean = deviations.reduce((sum, one) => sum + one, 0) / values.length;
  return mean * MEAN_DEVIATION_TO_SIGMA;
}

function weekdaysBefore(day: string, weeks: number): string[] {
  return Array.from({ length: weeks }, (_, index) => dayBefore(day, WEEK_DAYS * (index + 1)));
}

/** `2026-01-31`, 31 → `2025-12-31`. */
export function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);
}
