import type { Aggregate } from './metric-store.ts';

/** Takes one number out of a period. */
export type Statistic = (aggregate: Aggregate) => number;

const named: Readonly<Record<string, Statistic>> = {
  Sum: ({ sum }) => sum,
  Average: ({ sum, sampleCount }) => sum / sampleCount,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
  SampleCount: ({ sampleCount }) => sampleCount,
};

/** Parses `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or `p99.9`; undefined for the trimmed means and others. */
export function statisticOf(name: string): Statistic | undefined {
  if (Object.hasOwn(named, name)) return named[name];
  const percentile = Number(/^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(percentile) || percentile > 100) return undefined;
  return (aggregate) => percentileOf(aggregate, percentile);
}

/** Nearest rank over the raw values: the smallest one that at least p % of the samples don't exceed. */
function percentileOf({ values, counts, sampleCount, maximum }: Aggregate, percentile: number) {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const rank = Math.max(1, Math.ceil((percentile / 100) * sampleCount));
  let seen = 0;
  for (const i of order) {
    seen += counts[i] ?? 1;
    if (seen >= rank) return values[i] ?? maximum;
  }
  return maximum;
}
