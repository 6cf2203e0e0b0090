import * as z from 'zod';
import { epochSeconds, operation } from '../json-operation.ts';
import { type Operation, ServiceError } from '../json-service.ts';
import type { Alarm, Alarms } from './alarms.ts';
import {
  dimensionList,
  metricDataQuery,
  metricIdOf,
  parseQueries,
  periodSeconds,
  pointsOf,
  QueryRefused,
  requiredStatistic,
} from './metric-query.ts';
import type { Grid, MetricStore } from './metric-store.ts';

/** GetMetricData's own bound of points in an answer; it also bounds the arrays that an answer is built from. */
const DATAPOINTS_MAX = 100_800;

const time = z.number();
const range = { StartTime: time, EndTime: time };

const metricDatum = z
  .strictObject({
    MetricName: z.string().min(1).max(255),
    Dimensions: dimensionList.default([]),
    Timestamp: time.optional(),
    Value: z.number().optional(),
    Values: z.array(z.number()).max(150).optional(),
    Counts: z.array(z.number().positive()).max(150).optional(),
    /** Kept by CloudWatch to filter by; here no query can ask for one. */
    Unit: z.string().optional(),
    StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
  })
  .refine((datum) => (datum.Value === undefined) !== (datum.Values === undefined), {
    error: 'needs exactly one of Value and Values',
  });

/** The operations of CloudWatch's API over a store and its alarms. */
export function cloudWatchOperations(
  store: MetricStore,
  alarms: Alarms,
  nowMs: () => number,
): Readonly<Record<string, Operation>> {
  return {
    PutMetricData: operation(
      z.strictObject({
        Namespace: z.string().min(1).max(255),
        MetricData: z.array(metricDatum).max(1_000),
      }),
      (input) => putMetricData(store, input.Namespace, input.MetricData, nowMs()),
    ),
    GetMetricData: operation(
      z.strictObject({
        MetricDataQueries: z.array(metricDataQuery).min(1).max(500),
        ...range,
        ScanBy: z
          .enum(['TimestampAscending', 'TimestampDescending'])
          .default('TimestampDescending'),
      }),
      (input) => getMetricData(store, input),
    ),
    GetMetricStatistics: operation(
      z.strictObject({
        Namespace: z.string(),
        MetricName: z.string(),
        Dimensions: dimensionList.default([]),
        ...range,
        Period: periodSeconds,
        Statistics: z.array(z.string()).default([]),
        ExtendedStatistics: z.array(z.string()).default([]),
      }),
      (input) => getMetricStatistics(store, input),
    ),
    ListMetrics: operation(
      z.strictObject({
        Namespace: z.string().optional(),
        MetricName: z.string().optional(),
        Dimensions: z
          .array(z.strictObject({ Name: z.string(), Value: z.string().optional() }))
          .default([]),
      }),
      (input) => listMetrics(store, input),
    ),
    DescribeAlarms: operation(
      z.strictObject({
        AlarmNames: z.array(z.string()).optional(),
        AlarmNamePrefix: z.string().optional(),
        AlarmTypes: z.array(z.literal('MetricAlarm')).optional(),
        StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
      }),
      ({ AlarmNames, AlarmNamePrefix = '', StateValue }) => ({
        MetricAlarms: alarms
          .list()
          .filter(
            ({ definition: { name }, state }) =>
              (AlarmNames === undefined || AlarmNames.includes(name)) &&
              name.startsWith(AlarmNamePrefix) &&
              (StateValue === undefined || StateValue === state),
          )
          .map(metricAlarm),
        CompositeAlarms: [],
      }),
    ),
  };
}

function putMetricData(
  store: MetricStore,
  namespace: string,
  data: readonly z.infer<typeof metricDatum>[],
  nowMs: number,
): void {
  for (const datum of data) {
    const metric = metricIdOf(namespace, datum.MetricName, datum.Dimensions);
    const timestampMs = datum.Timestamp === undefined ? nowMs : datum.Timestamp * 1000;
    for (const [index, value] of (datum.Values ?? [datum.Value ?? 0]).entries()) {
      store.put(metric, value, timestampMs, datum.Counts?.[index] ?? 1);
    }
  }
}

function getMetricData(
  store: MetricStore,
  input: {
    MetricDataQueries: readonly z.infer<typeof metricDataQuery>[];
    StartTime: number;
    EndTime: number;
    ScanBy: string;
  },
) {
  const queries = refusing(() => parseQueries(input.MetricDataQueries));
  const results = queries
    .filter(({ isReturned }) => isReturned)
    .map((query) => {
      const grid = gridOf(input.StartTime, input.EndTime, query.periodMs);
      const points = pointsOf(query, queries, store, grid).flatMap((value, index) =>
        value === undefined
          ? []
          : [{ time: epochSeconds(grid.startMs + index * grid.periodMs), value }],
      );
      if (input.ScanBy === 'TimestampDescending') points.reverse();
      return {
        Id: query.id,
        Label: query.label,
        Timestamps: points.map((point) => point.time),
        Values: points.map((point) => point.value),
        StatusCode: 'Complete',
      };
    });
  return { MetricDataResults: results, Messages: [] };
}

function getMetricStatistics(
  store: MetricStore,
  input: {
    Namespace: string;
    MetricName: string;
    Dimensions: z.infer<typeof dimensionList>;
    StartTime: number;
    EndTime: number;
    Period: number;
    Statistics: readonly string[];
    ExtendedStatistics: readonly string[];
  },
) {
  const plain = input.Statistics.map(
    (name) => [name, refusing(() => requiredStatistic(name))] as const,
  );
  const extended = input.ExtendedStatistics.map(
    (name) => [name, refusing(() => requiredStatistic(name))] as const,
  );
  const grid = gridOf(input.StartTime, input.EndTime, input.Period * 1000);
  const metric = metricIdOf(input.Namespace, input.MetricName, input.Dimensions);
  const datapoints = store.aggregate(metric, grid).flatMap((aggregate, index) => {
    if (aggregate === undefined) return [];
    const taken = (statistics: typeof plain) =>
      Object.fromEntries(statistics.map(([name, statistic]) => [name, statistic(aggregate)]));
    return [
      {
        Timestamp: epochSeconds(grid.startMs + index * grid.periodMs),
        ...taken(plain),
        ...(extended.length === 0 ? {} : { ExtendedStatistics: taken(extended) }),
      },
    ];
  });
  return { Label: input.MetricName, Datapoints: datapoints };
}

function listMetrics(
  store: MetricStore,
  filter: {
    Namespace?: string | undefined;
    MetricName?: string | undefined;
    Dimensions: readonly { Name: string; Value?: string | undefined }[];
  },
) {
  const metrics = store
    .metrics()
    .filter(
      ({ namespace, metricName, dimensions }) =>
        (filter.Namespace ?? namespace) === namespace &&
        (filter.MetricName ?? metricName) === metricName &&
        filter.Dimensions.every(
          ({ Name, Value }) =>
            Object.hasOwn(dimensions, Name) && (Value ?? dimensions[Name]) === dimensions[Name],
        ),
    );
  return {
    Metrics: metrics.map(({ namespace, metricName, dimensions }) => ({
      Namespace: namespace,
      MetricName: metricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
  };
}

/** Whole periods from the start, rounded down to the period, to the end, exclusive. */
function gridOf(startTime: number, endTime: number, periodMs: number): Grid {
  const startMs = Math.floor((startTime * 1000) / periodMs) * periodMs;
  const length = Math.ceil((endTime * 1000 - startMs) / periodMs);
  if (length < 1) throw new ServiceError('ValidationError', 'StartTime must lie before EndTime.');
  if (length <= DATAPOINTS_MAX) return { startMs, periodMs, length };
  throw new ServiceError('ValidationError', `More than ${DATAPOINTS_MAX} periods; ask for fewer.`);
}

function metricAlarm({ definition, arn, state, reason, changedAtMs }: Alarm) {
  const { Tags: _, ...properties } = definition.properties;
  return {
    ...properties,
    AlarmName: definition.name,
    AlarmArn: arn,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: epochSeconds(changedAtMs),
    StateTransitionedTimestamp: epochSeconds(changedAtMs),
  };
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof QueryRefused) throw new ServiceError('ValidationError', error.message);
    throw error;
  }
}
