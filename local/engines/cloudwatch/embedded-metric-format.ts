import * as z from 'zod';
import type { MetricId } from './metric-store.ts';

/**
 * CloudWatch Embedded Metric Format: a log line whose `_aws` member says which of its other members
 * are metrics. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

/** The specification's limits. */
const VALUES_PER_METRIC_MAX = 100;
const DIMENSIONS_PER_SET_MAX = 30;
const METRICS_PER_DIRECTIVE_MAX = 100;

const header = z.object({
  Timestamp: z.int().min(0),
  CloudWatchMetrics: z.array(
    z.object({
      Namespace: z.string().min(1).max(1024),
      Dimensions: z.array(z.array(z.string()).max(DIMENSIONS_PER_SET_MAX)),
      Metrics: z
        .array(
          z.object({
            Name: z.string().min(1).max(1024),
            Unit: z.string().optional(),
            StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
          }),
        )
        .max(METRICS_PER_DIRECTIVE_MAX),
    }),
  ),
});
const metricValues = z.union([z.number(), z.array(z.number()).max(VALUES_PER_METRIC_MAX)]);

export interface EmbeddedValues {
  readonly metric: MetricId;
  readonly values: readonly number[];
  readonly timestampMs: number;
}

export type EmbeddedLine =
  /** An ordinary log line. */
  | { readonly kind: 'not-embedded' }
  | { readonly kind: 'embedded'; readonly values: readonly EmbeddedValues[] }
  /** A line that means to carry metrics and breaks the format: CloudWatch drops its metrics silently, we say why. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** Reads the metrics of one log line. A value under several dimension sets comes once for each. */
export function parseEmbeddedLine(line: string): EmbeddedLine {
  // Most lines are plain logs; parsing each as JSON would cost more than all the metrics.
  if (!line.includes('"_aws"')) return { kind: 'not-embedded' };
  const document = parseObject(line);
  if (document === undefined || !Object.hasOwn(document, '_aws')) return { kind: 'not-embedded' };
  const parsed = header.safeParse(document._aws);
  if (!parsed.success) return malformed(`_aws: ${z.prettifyError(parsed.error)}`);
  const values: EmbeddedValues[] = [];
  for (const { Namespace: namespace, Dimensions, Metrics } of parsed.data.CloudWatchMetrics) {
    for (const { Name: metricName } of Metrics) {
      const value = metricValues.safeParse(document[metricName]);
      if (!value.success) return malformed(`the metric ${metricName} is no number`);
      // No dimension set at all is one empty set.
      for (const names of Dimensions.length === 0 ? [[]] : Dimensions) {
        const dimensions = dimensionsOf(names, document);
        if (dimensions === undefined) return malformed(`a dimension of ${metricName} is no string`);
        values.push({
          metric: { namespace, metricName, dimensions },
          values: [value.data].flat(),
          timestampMs: parsed.data.Timestamp,
        });
      }
    }
  }
  return { kind: 'embedded', values };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(line);
    return z.record(z.string(), z.unknown()).safeParse(document).data;
  } catch {
    return undefined;
  }
}

function dimensionsOf(
  names: readonly string[],
  document: Readonly<Record<string, unknown>>,
): Record<string, string> | undefined {
  const dimensions: Record<string, string> = {};
  for (const name of names) {
    const value = document[name];
    if (typeof value !== 'string') return undefined;
    dimensions[name] = value;
  }
  return dimensions;
}

function malformed(reason: string): EmbeddedLine {
  return { kind: 'malformed', reason };
}
