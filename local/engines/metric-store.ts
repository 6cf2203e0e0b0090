import * as z from 'zod';

/** Metrics as CloudWatch keeps them, but every value by itself, so that percentiles are exact. */
export interface Datapoint {
  readonly atMs: number;
  readonly value: number;
  /** How often the value occurred. */
  readonly count: number;
}

export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Values kept per metric: an hour of a thousand a second's tenth; older ones go first, and are counted. */
const VALUES_MAX = 400_000;

const emfDocument = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.looseObject({ Name: z.string() })),
      }),
    ),
  }),
});
const emfValue = z.union([z.number().transform((value) => [value]), z.array(z.number())]);

export class MetricStore {
  readonly #metrics = new Map<string, { metric: MetricName; points: Datapoint[] }>();
  #droppedCount = 0;

  /** Values forgotten because a metric had more than the store keeps. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  put(metric: MetricName, value: number, atMs: number, count = 1): void {
    const key = keyOf(metric);
    const entry = this.#metrics.get(key) ?? { metric, points: [] };
    this.#metrics.set(key, entry);
    entry.points.push({ atMs, value, count });
    if (entry.points.length > VALUES_MAX) {
      const excess = Math.floor(VALUES_MAX / 10);
      entry.points.splice(0, excess);
      this.#droppedCount += excess;
    }
  }

  /**
   * Takes a log line in CloudWatch's embedded metric format; gives false for any other line.
   * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
   */
  ingestEmf(line: string): boolean {
    if (!line.startsWith('{') || !line.includes('"_aws"')) return false;
    const parsed = emfDocument.safeParse(parseJson(line));
    if (!parsed.success) return false;
    const { _aws, ...members } = parsed.data;
    for (const { Namespace, Dimensions, Metrics } of _aws.CloudWatchMetrics) {
      for (const dimensionNames of Dimensions) {
        const dimensions = Object.fromEntries(
          dimensionNames.map((name) => [name, String(members[name] ?? '')]),
        );
        for (const { Name } of Metrics) {
          const values = emfValue.safeParse(members[Name]);
          for (const value of values.data ?? []) {
            this.put({ namespace: Namespace, name: Name, dimensions }, value, _aws.Timestamp);
          }
        }
      }
    }
    return true;
  }

  list(): MetricName[] {
    return [...this.#metrics.values()].map(({ metric }) => metric);
  }

  /** The values in [startMs, endMs). */
  between(metric: MetricName, startMs: number, endMs: number): Datapoint[] {
    const points = this.#metrics.get(keyOf(metric))?.points ?? [];
    return points.filter(({ atMs }) => atMs >= startMs && atMs < endMs);
  }
}

/**
 * One statistic of some values; undefined without values.
 * @throws Error for a statistic that isn't built.
 */
export function statistic(name: string, points: readonly Datapoint[]): number | undefined {
  if (points.length === 0) return name === 'SampleCount' ? 0 : undefined;
  const count = points.reduce((sum, point) => sum + point.count, 0);
  const total = points.reduce((sum, point) => sum + point.value * point.count, 0);
  switch (name) {
    case 'Sum':
      return total;
    case 'SampleCount':
      return count;
    case 'Average':
      return total / count;
    case 'Minimum':
      return points.reduce(
        (lowest, { value }) => Math.min(lowest, value),
        Number.POSITIVE_INFINITY,
      );
    case 'Maximum':
      return points.reduce(
        (highest, { value }) => Math.max(highest, value),
        Number.NEGATIVE_INFINITY,
      );
    default:
      return percentile(name, points, count);
  }
}

function percentile(name: string, points: readonly Datapoint[], count: number): number {
  const share = /^p(\d{1,2}(?:\.\d+)?|100)$/u.exec(name)?.[1];
  if (share === undefined)
    throw new Error(`The local CloudWatch does not know the statistic ${name}`);
  const rank = Math.max(1, Math.ceil((Number(share) / 100) * count));
  let seen = 0;
  for (const point of points.toSorted((a, b) => a.value - b.value)) {
    seen += point.count;
    if (seen >= rank) return point.value;
  }
  return points.at(-1)?.value ?? 0;
}

function keyOf({ namespace, name, dimensions }: MetricName): string {
  return JSON.stringify([
    namespace,
    name,
    Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
