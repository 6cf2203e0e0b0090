/**
 * Bounds of the store. A value takes 16 bytes, so all of them stay under 40 MB. Over a bound the
 * series being written loses its oldest second, whole; what is lost is counted in `dropped`, and
 * statistics of that time are then missing, never wrong.
 */
const VALUES_MAX = 2_000_000;
/** About a week of one value a second, or the freshness of half a million events. */
const SERIES_VALUES_MAX = 600_000;
/** Each name and each set of dimensions is a series; far more than Kindred writes means a customer's id became a dimension. */
const SERIES_MAX = 2_000;

export interface MetricId {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What a second, or a period, holds: raw values (each `counts[i]` times) and their sums. */
export interface Aggregate {
  sum: number;
  sampleCount: number;
  minimum: number;
  maximum: number;
  readonly values: number[];
  readonly counts: number[];
}

/** Consecutive periods: number i covers [startMs + i·periodMs, startMs + (i+1)·periodMs). */
export interface Grid {
  readonly startMs: number;
  readonly periodMs: number;
  readonly length: number;
}

interface Series {
  readonly metric: MetricId;
  /** By epoch second, in the order in which they were first written. */
  readonly seconds: Map<number, Aggregate>;
  valueCount: number;
}

/** Every metric's raw values, in memory. */
export class MetricStore {
  /** What didn't fit: values, and values of series that were never made. */
  readonly dropped = { values: 0, valuesOfSeriesBeyondLimit: 0 };
  readonly #series = new Map<string, Series>();
  #valueCount = 0;

  put(metric: MetricId, value: number, timestampMs: number, count = 1): void {
    const series = this.#seriesOf(metric);
    if (series === undefined) {
      this.dropped.valuesOfSeriesBeyondLimit += 1;
      return;
    }
    const second = Math.floor(timestampMs / 1000);
    const aggregate = series.seconds.get(second) ?? emptyAggregate();
    series.seconds.set(second, aggregate);
    add(aggregate, value, count);
    series.valueCount += 1;
    this.#valueCount += 1;
    while (series.valueCount > SERIES_VALUES_MAX || this.#valueCount > VALUES_MAX) {
      this.#dropOldestSecond(series);
    }
  }

  metrics(): readonly MetricId[] {
    return [...this.#series.values()].map(({ metric }) => metric);
  }

  /** What each period of the grid holds; undefined where it holds nothing. The dimensions must match exactly. */
  aggregate(metric: MetricId, grid: Grid): (Aggregate | undefined)[] {
    const periods = new Array<Aggregate | undefined>(grid.length).fill(undefined);
    for (const [second, aggregate] of this.#series.get(keyOf(metric))?.seconds ?? []) {
      const index = Math.floor((second * 1000 - grid.startMs) / grid.periodMs);
      if (index < 0 || index >= grid.length) continue;
      const period = periods[index] ?? emptyAggregate();
      periods[index] = period;
      for (const [i, value] of aggregate.values.entries()) {
        add(period, value, aggregate.counts[i] ?? 1);
      }
    }
    return periods;
  }

  #seriesOf(metric: MetricId): Series | undefined {
    const key = keyOf(metric);
    const found = this.#series.get(key);
    if (found !== undefined || this.#series.size >= SERIES_MAX) return found;
    const series = { metric, seconds: new Map(), valueCount: 0 };
    this.#series.set(key, series);
    return series;
  }

  /** The second that was written first: the oldest, but for a value that came late. */
  #dropOldestSecond(series: Series): void {
    for (const [oldest, { values }] of series.seconds) {
      series.seconds.delete(oldest);
      series.valueCount -= values.length;
      this.#valueCount -= values.length;
      this.dropped.values += values.length;
      return;
    }
  }
}

function keyOf({ namespace, metricName, dimensions }: MetricId): string {
  const pairs = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, metricName, pairs]);
}

function emptyAggregate(): Aggregate {
  return {
    sum: 0,
    sampleCount: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    values: [],
    counts: [],
  };
}

function add(aggregate: Aggregate, value: number, count: number): void {
  aggregate.sum += value * count;
  aggregate.sampleCount += count;
  aggregate.minimum = Math.min(aggregate.minimum, value);
  aggregate.maximum = Math.max(aggregate.maximum, value);
  aggregate.values.push(value);
  aggregate.counts.push(count);
}
