import * as z from 'zod';
import { type Alarm, type AlarmState, evaluateAlarm } from './cloudwatch-alarm.ts';
import { type Engine, ServiceError, startJsonService } from './json-service.ts';
import { evaluateExpression } from './metric-expression.ts';
import { type MetricName, MetricStore, statistic } from './metric-store.ts';

/** CloudWatch metrics and alarms. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/ */
export interface CloudWatchEngine extends Engine {
  readonly metrics: MetricStore;
  defineAlarm(alarm: Alarm): void;
  /** Evaluates every alarm now; also runs by itself. */
  evaluateAlarms(nowMs: number): void;
  alarms(): { name: string; state: AlarmState }[];
}

export interface CloudWatchOptions {
  readonly now?: () => number;
  /** Called when an alarm changes state, with the ARNs to tell. */
  readonly onAlarm: (alarm: Alarm, state: AlarmState, actions: readonly string[]) => void;
}

/** AWS evaluates a one-minute alarm every minute; here every few seconds, because nobody waits long. */
const EVALUATION_INTERVAL_MS = 5_000;

const dimensionList = z.array(z.object({ Name: z.string(), Value: z.string() })).default([]);
const metricDataRequest = z.object({
  StartTime: z.number(),
  EndTime: z.number(),
  MetricDataQueries: z.array(
    z.object({
      Id: z.string(),
      Label: z.string().optional(),
      ReturnData: z.boolean().default(true),
      Expression: z.string().optional(),
      MetricStat: z
        .object({
          Metric: z.object({
            Namespace: z.string(),
            MetricName: z.string(),
            Dimensions: dimensionList,
          }),
          Period: z.number().positive(),
          Stat: z.string(),
        })
        .optional(),
    }),
  ),
});
const putRequest = z.object({
  Namespace: z.string(),
  MetricData: z.array(
    z.object({
      MetricName: z.string(),
      Dimensions: dimensionList,
      Timestamp: z.number().optional(),
      Value: z.number(),
    }),
  ),
});

export async function startCloudWatchEngine(options: CloudWatchOptions): Promise<CloudWatchEngine> {
  const now = options.now ?? Date.now;
  const metrics = new MetricStore();
  const alarms = new Map<string, { alarm: Alarm; state: AlarmState }>();

  const evaluateAlarms = (nowMs: number): void => {
    for (const entry of alarms.values()) {
      const state = evaluateAlarm(entry.alarm, metrics, nowMs);
      if (state === entry.state) continue;
      entry.state = state;
      const { alarmActions, okActions } = entry.alarm;
      options.onAlarm(
        entry.alarm,
        state,
        state === 'ALARM' ? alarmActions : state === 'OK' ? okActions : [],
      );
    }
  };
  const list = () => [...alarms.values()].map(({ alarm, state }) => ({ name: alarm.name, state }));
  const service = await startJsonService({
    name: 'CloudWatch',
    version: '1.0',
    throttlingError: 'Throttling',
    operations: {
      PutMetricData: (input) => {
        const { Namespace, MetricData } = parse(putRequest, input);
        for (const { MetricName, Dimensions, Timestamp, Value } of MetricData) {
          const atMs = Timestamp === undefined ? now() : Timestamp * 1000;
          metrics.put(
            { namespace: Namespace, name: MetricName, dimensions: toRecord(Dimensions) },
            Value,
            atMs,
          );
        }
        return {};
      },
      GetMetricData: (input) => getMetricData(metrics, parse(metricDataRequest, input)),
      ListMetrics: () => ({
        Metrics: metrics.list().map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        })),
      }),
      DescribeAlarms: () => ({
        MetricAlarms: list().map(({ name, state }) => ({ AlarmName: name, StateValue: state })),
      }),
    },
  });
  const timer = setInterval(() => evaluateAlarms(now()), EVALUATION_INTERVAL_MS);
  timer.unref();
  return {
    endpoint: service.endpoint,
    stop: async () => {
      clearInterval(timer);
      await service.stop();
    },
    metrics,
    defineAlarm: (alarm) => alarms.set(alarm.name, { alarm, state: 'INSUFFICIENT_DATA' }),
    evaluateAlarms,
    alarms: list,
  };
}

type Query = z.infer<typeof metricDataRequest>['MetricDataQueries'][number];

function getMetricData(metrics: MetricStore, request: z.infer<typeof metricDataRequest>) {
  const [startMs, endMs] = [request.StartTime * 1000, request.EndTime * 1000];
  const series = new Map<string, Map<number, number>>();
  for (const query of request.MetricDataQueries) {
    if (query.MetricStat !== undefined)
      series.set(query.Id, seriesOf(metrics, query.MetricStat, startMs, endMs));
  }
  for (const query of request.MetricDataQueries) {
    if (query.Expression !== undefined)
      series.set(query.Id, combined(query, query.Expression, series));
  }
  return {
    Messages: [],
    MetricDataResults: request.MetricDataQueries.filter(({ ReturnData }) => ReturnData).map(
      ({ Id, Label }) => {
        const points = [...(series.get(Id) ?? [])].toSorted(([a], [b]) => b - a);
        return {
          Id,
          Label: Label ?? Id,
          Timestamps: points.map(([atMs]) => atMs / 1000),
          Values: points.map(([, value]) => value),
          StatusCode: 'Complete',
        };
      },
    ),
  };
}

function seriesOf(
  metrics: MetricStore,
  stat: NonNullable<Query['MetricStat']>,
  startMs: number,
  endMs: number,
): Map<number, number> {
  const { Namespace, MetricName, Dimensions } = stat.Metric;
  const metric: MetricName = {
    namespace: Namespace,
    name: MetricName,
    dimensions: toRecord(Dimensions),
  };
  const periodMs = stat.Period * 1000;
  const series = new Map<number, number>();
  const groups = Map.groupBy(metrics.between(metric, startMs, endMs), ({ atMs }) =>
    Math.floor((atMs - startMs) / periodMs),
  );
  for (const [index, points] of groups) {
    const value = statistic(stat.Stat, points);
    if (value !== undefined) series.set(startMs + index * periodMs, value);
  }
  return series;
}

function combined(
  query: Query,
  expression: string,
  series: ReadonlyMap<string, Map<number, number>>,
) {
  const times = new Set([...series.values()].flatMap((points) => [...points.keys()]));
  const result = new Map<number, number>();
  for (const time of times) {
    const value = evaluateExpression(expression, (id) => series.get(id)?.get(time));
    if (value !== undefined && Number.isFinite(value)) result.set(time, value);
  }
  if (query.Id === '') throw new ServiceError('ValidationError', 'An expression needs an Id');
  return result;
}

function toRecord(dimensions: readonly { Name: string; Value: string }[]): Record<string, string> {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceError('ValidationError', z.prettifyError(parsed.error));
}
