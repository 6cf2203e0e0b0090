import type { AlarmState } from './cloudwatch/alarm-evaluation.ts';
import { Alarms, type PublishToTopic } from './cloudwatch/alarms.ts';
import { parseEmbeddedLine } from './cloudwatch/embedded-metric-format.ts';
import { MetricStore } from './cloudwatch/metric-store.ts';
import { cloudWatchOperations } from './cloudwatch/operations.ts';
import { type Engine, startJsonService } from './json-service.ts';

/**
 * Amazon CloudWatch's metrics and alarms: metrics come from log lines in the embedded metric format,
 * from the other engines and from PutMetricData; alarms from the template. The client sends AWS JSON
 * 1.0 (it did not always). State lives in memory, within the bounds of cloudwatch/metric-store.ts.
 */
export interface CloudWatchOptions {
  readonly region: string;
  readonly accountId: string;
  /** Where an alarm's actions go: the SNS engine. */
  readonly publish: PublishToTopic;
  /** How often alarms are evaluated; 0 leaves it to `evaluateAlarms`. CloudWatch does once a minute. */
  readonly evaluateEveryMs?: number;
  readonly nowMs?: () => number;
}

/** Often enough that a person at the demo sees an alarm change. */
const EVALUATE_EVERY_MS = 10_000;

/** What became of a log line. */
export type Ingestion =
  | { readonly kind: 'not-embedded' }
  | { readonly kind: 'embedded'; readonly valueCount: number }
  | { readonly kind: 'malformed'; readonly reason: string };

export interface CloudWatchEngine extends Engine {
  /** Takes the metrics out of a log line, if it has any. */
  ingestEmf(line: string): Ingestion;
  put(
    namespace: string,
    metricName: string,
    dimensions: Readonly<Record<string, string>>,
    value: number,
    timestampMs: number,
  ): void;
  /** Defines an alarm from the resolved properties of AWS::CloudWatch::Alarm; throws AlarmRefused. */
  defineAlarm(name: string, properties: unknown): void;
  evaluateAlarms(nowMs: number): void;
  alarms(): { name: string; state: AlarmState }[];
  /** Values that the store's bounds let go of. */
  readonly dropped: Readonly<MetricStore['dropped']>;
}

export async function startCloudWatchEngine(options: CloudWatchOptions): Promise<CloudWatchEngine> {
  const { nowMs = Date.now, evaluateEveryMs = EVALUATE_EVERY_MS } = options;
  const store = new MetricStore();
  const alarms = new Alarms(store, options, options.publish);
  const service = await startJsonService({
    name: 'CloudWatch',
    target: 'GraniteServiceVersion20100801',
    version: '1.0',
    throttlingError: 'Throttling',
    operations: cloudWatchOperations(store, alarms, nowMs),
  });
  const timer =
    evaluateEveryMs > 0 ? setInterval(() => alarms.evaluate(nowMs()), evaluateEveryMs) : undefined;
  timer?.unref();
  return {
    endpoint: service.endpoint,
    ingestEmf: (line) => ingest(store, line),
    put: (namespace, metricName, dimensions, value, timestampMs) =>
      store.put({ namespace, metricName, dimensions }, value, timestampMs),
    defineAlarm: (name, properties) => alarms.define(name, properties, nowMs()),
    evaluateAlarms: (atMs) => alarms.evaluate(atMs),
    alarms: () => alarms.list().map(({ definition, state }) => ({ name: definition.name, state })),
    dropped: store.dropped,
    async stop() {
      clearInterval(timer);
      await service.stop();
    },
  };
}

function ingest(store: MetricStore, line: string): Ingestion {
  const parsed = parseEmbeddedLine(line);
  if (parsed.kind !== 'embedded') return parsed;
  let valueCount = 0;
  for (const { metric, values, timestampMs } of parsed.values) {
    for (const value of values) store.put(metric, value, timestampMs);
    valueCount += values.length;
  }
  return { kind: 'embedded', valueCount };
}
