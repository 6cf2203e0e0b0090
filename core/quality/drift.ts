/**
 * How far two distributions are from one another, from counts by bin, so that days can be added up and
 * nothing of the data itself need be kept.
 *
 *   PSI  = Σ (p − q) · ln(p / q)         population stability index; N. Siddiqi, Credit Risk Scorecards,
 *                                        Wiley, 2006: above 0.1 some shift, above 0.25 a major one
 *   KS   = max |P(x) − Q(x)|             Kolmogorov–Smirnov, of the cumulated bins
 *   V    = √(χ² / n)                     Cramér's V of the 2 × B table (with two rows, min(r, c) − 1 = 1)
 *
 * Small samples differ by chance. Each distance comes with `chance`, what equal distributions exceed once
 * in a thousand times: for PSI χ²(B − 1) · (1/n + 1/m) (B. Yurdakul and J. Naranjo, Statistical properties
 * of the population stability index, Journal of Risk Model Validation 14(3), 2020), for V the root of the
 * same χ² over n + m, for KS 1.95 · √((n + m) / (n · m)).
 */

export type Counts = ReadonlyMap<string, number>;

export interface Drift {
  readonly distance: number;
  /** Distance that chance alone exceeds once in a thousand times. */
  readonly chance: number;
  readonly binCount: number;
}

/** PSI is used with ten bins of equal mass; more only add noise. */
const BINS_MAX = 10;
/** Added to every count: an empty bin would make PSI infinite. */
const SMOOTHING = 0.5;
/** 0.999 quantile of the normal distribution. */
const NORMAL_999 = 3.0902;
/** √(−ln(0.001 / 2) / 2), of the two-sample test. */
const KS_999 = 1.95;

/** @param isOrdered whether bins are numbers, which may be joined with their neighbours. */
export function driftBetween(
  by: 'psi' | 'ks' | 'chi2',
  current: Counts,
  trailing: Counts,
  isOrdered: boolean,
): Drift {
  const [n, m] = [totalOf(current), totalOf(trailing)];
  if (by === 'ks') {
    const pairs = pairsOf(current, trailing, isOrdered);
    const chance = KS_999 * Math.sqrt((n + m) / (n * m));
    return { distance: kolmogorovSmirnov(pairs, n, m), chance, binCount: pairs.length };
  }
  const pairs = joined(pairsOf(current, trailing, isOrdered), m, isOrdered);
  const chiSquare = chiSquare999(pairs.length - 1);
  if (by === 'psi') {
    const distance = stabilityIndex(pairs, n, m);
    return { distance, chance: chiSquare * (1 / n + 1 / m), binCount: pairs.length };
  }
  const chance = Math.sqrt(chiSquare / (n + m));
  return { distance: cramersV(pairs, n, m), chance, binCount: pairs.length };
}

/** Counts of one bin: in question, and before. */
type Pair = readonly [current: number, trailing: number];

function pairsOf(current: Counts, trailing: Counts, isOrdered: boolean): Pair[] {
  const bins = [...new Set([...current.keys(), ...trailing.keys()])];
  // Missing values, which are no number, come first.
  if (isOrdered) bins.sort((a, b) => orderOf(a) - orderOf(b));
  else bins.sort((a, b) => (trailing.get(b) ?? 0) - (trailing.get(a) ?? 0));
  return bins.map((bin) => [current.get(bin) ?? 0, trailing.get(bin) ?? 0]);
}

function orderOf(bin: string): number {
  const number = Number(bin);
  return bin === '' || Number.isNaN(number) ? Number.NEGATIVE_INFINITY : number;
}

/**
 * At most ten bins: neighbours of numbers are joined until each holds a tenth of the trailing rows; of
 * categories the frequent ones stay and the rest is one.
 */
function joined(pairs: readonly Pair[], trailingCount: number, isOrdered: boolean): Pair[] {
  if (pairs.length <= BINS_MAX) return [...pairs];
  if (!isOrdered) {
    const rest = pairs.slice(BINS_MAX - 1).reduce(added, [0, 0]);
    return [...pairs.slice(0, BINS_MAX - 1), rest];
  }
  const bins: Pair[] = [];
  let open: Pair = [0, 0];
  for (const pair of pairs) {
    open = added(open, pair);
    if (open[1] < trailingCount / BINS_MAX) continue;
    bins.push(open);
    open = [0, 0];
  }
  const last = bins.pop();
  return last === undefined ? [open] : [...bins, added(last, open)];
}

function added(a: Pair, b: Pair): Pair {
  return [a[0] + b[0], a[1] + b[1]];
}

function stabilityIndex(pairs: readonly Pair[], n: number, m: number): number {
  const smoothed = SMOOTHING * pairs.length;
  let index = 0;
  for (const [current, trailing] of pairs) {
    const p = (current + SMOOTHING) / (n + smoothed);
    const q = (trailing + SMOOTHING) / (m + smoothed);
    index += (p - q) * Math.log(p / q);
  }
  return index;
}

function kolmogorovSmirnov(pairs: readonly Pair[], n: number, m: number): number {
  let [below, trailingBelow, distance] = [0, 0, 0];
  for (const [current, trailing] of pairs) {
    below += current / n;
    trailingBelow += trailing / m;
    distance = Math.max(distance, Math.abs(below - trailingBelow));
  }
  return distance;
}

function cramersV(pairs: readonly Pair[], n: number, m: number): number {
  let chiSquare = 0;
  for (const [current, trailing] of pairs) {
    const share = (current + trailing) / (n + m);
    if (share === 0) continue;
    chiSquare += (current - share * n) ** 2 / (share * n);
    chiSquare += (trailing - share * m) ** 2 / (share * m);
  }
  return Math.sqrt(chiSquare / (n + m));
}

/** The 0.999 quantile of χ², after E. Wilson and M. Hilferty (PNAS 17, 1931). */
function chiSquare999(degrees: number): number {
  if (degrees < 1) return 0;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + NORMAL_999 * Math.sqrt(spread)) ** 3;
}

function totalOf(counts: Counts): number {
  return counts.values().reduce((sum, count) => sum + count, 0);
}
