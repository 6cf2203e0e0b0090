/**
 * The contract of CloudWatch as Kindred uses it, driven by its SDK client. CLOUDWATCH_ENDPOINT points
 * the client at another emulator for what goes over the wire; log lines go in directly,
 * as the local cloud feeds them.
 */
import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudWatchEngine, startCloudWatchEngine } from '../../local/engines/cloudwatch.ts';

const MINUTE_MS = 60_000;
/** A full minute, in the past. */
const T0 = Date.UTC(2026, 10, 23, 12, 0, 0);

let engine: CloudWatchEngine;
let client: CloudWatchClient;
beforeAll(async () => {
  engine = await startCloudWatchEngine({
    region: 'eu-west-1',
    accountId: '123456789012',
    evaluateEveryMs: 0,
    publish: () => undefined,
  });
  client = new CloudWatchClient({
    endpoint: process.env.CLOUDWATCH_ENDPOINT ?? engine.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
});

function stat(
  id: string,
  namespace: string,
  metricName: string,
  statistic: string,
): MetricDataQuery {
  return {
    Id: id,
    ReturnData: false,
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: metricName },
      Period: 60,
      Stat: statistic,
    },
  };
}

/** The values of one query over the first ten minutes, oldest first. */
async function values(...queries: MetricDataQuery[]): Promise<number[] | undefined> {
  const [last, ...others] = queries.toReversed();
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [...others, { ...last, ReturnData: true }] as MetricDataQuery[],
      StartTime: new Date(T0),
      EndTime: new Date(T0 + 10 * MINUTE_MS),
      ScanBy: 'TimestampAscending',
    }),
  );
  return MetricDataResults?.[0]?.Values;
}

describe('PutMetricData', () => {
  it('keeps raw values, of which every statistic is computed', async () => {
    const put = (minute: number, Values: number[], Counts?: number[]) =>
      client.send(
        new PutMetricDataCommand({
          Namespace: 'Stats',
          MetricData: [
            {
              MetricName: 'm',
              Values,
              Counts,
              Timestamp: new Date(T0 + minute * MINUTE_MS + 1_500),
            },
          ],
        }),
      );
    await put(
      0,
      Array.from({ length: 100 }, (_, i) => 100 - i),
    );
    await put(2, [1, 10], [9, 1]);
    const expected: [string, number[]][] = [
      ['Sum', [5050, 19]],
      ['Average', [50.5, 1.9]],
      ['Minimum', [1, 1]],
      ['Maximum', [100, 10]],
      ['SampleCount', [100, 10]],
      ['p50', [50, 1]],
      ['p99', [99, 10]],
      ['p90', [90, 1]],
    ];
    for (const [statistic, wanted] of expected) {
      expect(await values(stat('m1', 'Stats', 'm', statistic)), statistic).toEqual(wanted);
    }
  });

  it('takes a body that the SDK has zipped', async () => {
    const data = Array.from({ length: 500 }, (_, i) => ({
      MetricName: 'large',
      Value: i,
      Timestamp: new Date(T0),
    }));
    await client.send(new PutMetricDataCommand({ Namespace: 'Zip', MetricData: data }));
    expect(await values(stat('m1', 'Zip', 'large', 'SampleCount'))).toEqual([500]);
  });

  it('knows a metric by its dimensions in any order, and no part of them', async () => {
    engine.put('Order', 'm', { b: '2', a: '1' }, 5, T0);
    engine.put('Order', 'm', { a: '1', b: '2' }, 6, T0);
    const sum = async (...Dimensions: { Name: string; Value: string }[]) => {
      const { Datapoints } = await client.send(
        new GetMetricStatisticsCommand({
          Namespace: 'Order',
          MetricName: 'm',
          Dimensions,
          // Half a minute late: the period that it lies in counts whole.
          StartTime: new Date(T0 + 30_000),
          EndTime: new Date(T0 + MINUTE_MS),
          Period: 60,
          Statistics: ['Sum'],
        }),
      );
      return Datapoints;
    };
    const [a, b] = [
      { Name: 'a', Value: '1' },
      { Name: 'b', Value: '2' },
    ];
    expect(await sum(b, a)).toEqual([{ Timestamp: new Date(T0), Sum: 11 }]);
    expect(await sum(a)).toEqual([]);
  });

  it('refuses what it does not implement', async () => {
    const StatisticValues = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 };
    const put = new PutMetricDataCommand({
      Namespace: 'Stats',
      MetricData: [{ MetricName: 'm', StatisticValues }],
    });
    await expect(client.send(put)).rejects.toThrow(/StatisticValues/);
  });
});

describe('a log line in the embedded metric format', () => {
  const line = (
    more: object,
    metrics: object[] = [{ Name: 'FreshnessMs', Unit: 'Milliseconds' }],
  ) =>
    JSON.stringify({
      _aws: {
        Timestamp: T0,
        CloudWatchMetrics: [
          { Namespace: 'Kindred', Dimensions: [['service'], ['service', 'env']], Metrics: metrics },
        ],
      },
      service: 'enrich',
      env: 'dev',
      ...more,
    });

  it('gives its values, arrays too, under every dimension set', async () => {
    expect(engine.ingestEmf(line({ FreshnessMs: [10, 30, 20] }))).toEqual({
      kind: 'embedded',
      valueCount: 6,
    });
    const query: MetricDataQuery = {
      Id: 'q',
      MetricStat: {
        Metric: {
          Namespace: 'Kindred',
          MetricName: 'FreshnessMs',
          Dimensions: [{ Name: 'service', Value: 'enrich' }],
        },
        Period: 60,
        Stat: 'p50',
      },
    };
    expect(await values(query)).toEqual([20]);
    const listed = await client.send(
      new ListMetricsCommand({ Namespace: 'Kindred', Dimensions: [{ Name: 'env' }] }),
    );
    expect(listed.Metrics).toEqual([
      {
        Namespace: 'Kindred',
        MetricName: 'FreshnessMs',
        Dimensions: [
          { Name: 'service', Value: 'enrich' },
          { Name: 'env', Value: 'dev' },
        ],
      },
    ]);
  });

  it('is left alone where it is an ordinary line', () => {
    expect(engine.ingestEmf('{"message":"hello"}')).toEqual({ kind: 'not-embedded' });
    expect(engine.ingestEmf('not json "_aws"')).toEqual({ kind: 'not-embedded' });
  });

  it('is reported where it breaks the format', () => {
    expect(engine.ingestEmf(line({}))).toMatchObject({
      kind: 'malformed',
      reason: expect.stringContaining('FreshnessMs'),
    });
    expect(engine.ingestEmf(line({ FreshnessMs: 1, service: 3 }))).toMatchObject({
      kind: 'malformed',
    });
  });
});

describe('GetMetricStatistics', () => {
  it('gives plain and percentile statistics per period', async () => {
    for (const value of [1, 2, 3, 4]) engine.put('Plain', 'm', { a: 'b' }, value, T0 + value);
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Plain',
        MetricName: 'm',
        Dimensions: [{ Name: 'a', Value: 'b' }],
        StartTime: new Date(T0),
        EndTime: new Date(T0 + MINUTE_MS),
        Period: 60,
        Statistics: ['Sum', 'Maximum'],
        ExtendedStatistics: ['p75'],
      }),
    );
    expect(Datapoints).toEqual([
      { Timestamp: new Date(T0), Sum: 10, Maximum: 4, ExtendedStatistics: { p75: 3 } },
    ]);
  });
});

describe('metric math', () => {
  beforeAll(() => {
    // Minutes 0, 1, 3 have a; minutes 0, 1, 2 have b.
    for (const [minute, a] of [
      [0, 1],
      [1, 0],
      [3, 4],
    ] as const) {
      engine.put('Math', 'a', {}, a, T0 + minute * MINUTE_MS);
    }
    for (const [minute, b] of [
      [0, 4],
      [1, 0],
      [2, 6],
    ] as const) {
      engine.put('Math', 'b', {}, b, T0 + minute * MINUTE_MS);
    }
  });

  it.each<[string, number[]]>([
    ['a + b * 2', [9, 0]],
    ['(a + b) * 2', [10, 0]],
    ['a / b', [0.25]],
    ['100 * a / (a + b)', [20]],
    ['a - -b', [5, 0]],
    ['IF(b > 3, b, 1)', [4, 1, 6]],
    ['IF(b > 0, a / b, 0)', [0.25, 0]],
    ['FILL(a, 0) + b', [5, 0, 6]],
    ['FILL(a, LINEAR) * 1', [1, 0, 2, 4]],
    ['FILL(b, REPEAT)', [4, 0, 6, 6, 6, 6, 6, 6, 6, 6]],
    ['FILL(none, 0)', []],
  ])('evaluates %s, without a point where one is missing', async (Expression, expected) => {
    const queries = [
      stat('none', 'Math', 'none', 'Sum'),
      stat('a', 'Math', 'a', 'Sum'),
      stat('b', 'Math', 'b', 'Sum'),
    ];
    expect(await values(...queries, { Id: 'e', Expression })).toEqual(expected);
  });

  it.each([
    ['METRICS()', /METRICS/],
    ['a ^ 2', /\^ 2/],
    ['a +', /too early/],
    ['a b', /out of place/],
    ['c + 1', /reads c/],
    ['e + a', /reads itself/],
    ['1 + 1', /reads no query/],
  ])('refuses %s', async (Expression, message) => {
    const query = values(stat('a', 'Math', 'a', 'Sum'), { Id: 'e', Expression });
    await expect(query).rejects.toThrow(message);
  });

  it('refuses a statistic that it does not compute', async () => {
    await expect(values(stat('a', 'Math', 'a', 'TM(10%:90%)'))).rejects.toThrow(/TM/);
  });
});

describe('the store', () => {
  it('stays within its bounds and counts what it lets go', async () => {
    const small = await startCloudWatchEngine({
      region: 'eu-west-1',
      accountId: '1',
      publish: () => undefined,
    });
    for (let i = 0; i < 2_100; i += 1) small.put('Many', `m${i}`, {}, 1, T0);
    expect(small.dropped).toEqual({ values: 0, valuesOfSeriesBeyondLimit: 100 });
    for (let i = 0; i < 600_001; i += 1) small.put('Many', 'm0', {}, 1, T0 + i * 10);
    // One second of a hundred values at a time, and the very first.
    expect(small.dropped.values).toBeGreaterThan(0);
    expect(small.dropped.values).toBeLessThanOrEqual(200);
    await small.stop();
  });
});
