/**
 * The contract of CloudWatch as Kindred uses it, driven by its SDK client. CLOUDWATCH_ENDPOINT points
 * the client at another emulator for what goes over the wire; log lines and alarms of the template go
 * in directly, as the local cloud feeds them.
 */
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
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
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';

const published: { topicArn: string; subject: string; message: string }[] = [];
let engine: CloudWatchEngine;
let client: CloudWatchClient;
beforeAll(async () => {
  engine = await startCloudWatchEngine({
    region: 'eu-west-1',
    accountId: '123456789012',
    evaluateEveryMs: 0,
    publish: (topicArn, subject, message) => published.push({ topicArn, subject, message }),
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

describe('an alarm', () => {
  const properties = {
    AlarmDescription: 'rings',
    AlarmActions: [TOPIC],
    OKActions: [TOPIC],
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    EvaluationPeriods: 1,
    Threshold: 1,
    TreatMissingData: 'notBreaching',
    Namespace: 'Alarms',
    MetricName: 'poison',
    Dimensions: [{ Name: 'service', Value: 'enrich' }],
    Period: 300,
    Statistic: 'Sum',
  };
  const stateOf = (name: string) => engine.alarms().find((alarm) => alarm.name === name)?.state;

  it('changes its state and tells its topic, once a change', async () => {
    engine.defineAlarm('poison', properties);
    expect(stateOf('poison')).toBe('INSUFFICIENT_DATA');
    engine.evaluateAlarms(T0);
    expect(stateOf('poison')).toBe('OK');
    engine.put('Alarms', 'poison', { service: 'enrich' }, 1, T0 + 500);
    published.length = 0;
    engine.evaluateAlarms(T0 + 700);
    engine.evaluateAlarms(T0 + 60_000);
    expect(stateOf('poison')).toBe('ALARM');
    expect(published).toHaveLength(1);
    expect(published[0]).toMatchObject({ topicArn: TOPIC, subject: 'ALARM: "poison"' });
    expect(JSON.parse(published[0]!.message)).toMatchObject({
      AlarmName: 'poison',
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
    });
    const described = await client.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
    expect(described.MetricAlarms).toMatchObject([
      {
        AlarmName: 'poison',
        StateValue: 'ALARM',
        Threshold: 1,
        StateUpdatedTimestamp: new Date(T0 + 700),
      },
    ]);
    engine.evaluateAlarms(T0 + 60 * MINUTE_MS);
    expect(stateOf('poison')).toBe('OK');
  });

  it('watches an expression', () => {
    const metric = (id: string) => ({ ...stat(id, 'Share', id, 'Sum'), ReturnData: false });
    const {
      Namespace: _n,
      MetricName: _m,
      Dimensions: _d,
      Period: _p,
      Statistic: _s,
      ...rest
    } = properties;
    engine.defineAlarm('share', {
      ...rest,
      Threshold: 0.5,
      Metrics: [
        { Id: 'share', Expression: 'bad / (bad + good)', Label: 'share' },
        metric('bad'),
        metric('good'),
      ],
    });
    engine.put('Share', 'bad', {}, 1, T0);
    engine.put('Share', 'good', {}, 2, T0);
    engine.evaluateAlarms(T0 + 1_000);
    expect(stateOf('share')).toBe('OK');
    engine.put('Share', 'bad', {}, 3, T0 + 1_000);
    engine.evaluateAlarms(T0 + 2_000);
    expect(stateOf('share')).toBe('ALARM');
  });

  it.each([
    [{ ThresholdMetricId: 'x' }, /ThresholdMetricId/],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, /ComparisonOperator/],
    [{ AlarmActions: ['arn:aws:lambda:eu-west-1:1:function:f'] }, /SNS/],
    [{ Statistic: undefined }, /Statistic/],
    [{ DatapointsToAlarm: 2 }, /DatapointsToAlarm/],
    [{ Unit: 'Count' }, /Unit/],
  ])('is refused with %j', (more, message) => {
    expect(() => engine.defineAlarm('refused', { ...properties, ...more })).toThrow(message);
  });

  // The tables of "Configuring how CloudWatch alarms treat missing data": oldest first, five periods,
  // X breaches, 0 doesn't, - is missing; the alarm was in RETAINED before.
  const table: [
    datapoints: number,
    points: string,
    missing: string,
    ignore: string,
    breaching: string,
    notBreaching: string,
  ][] = [
    [3, '0-X-X', 'OK', 'OK', 'OK', 'OK'],
    [3, '0----', 'OK', 'OK', 'OK', 'OK'],
    [3, '-----', 'INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK'],
    [3, '0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '--X--', 'ALARM', 'retained', 'ALARM', 'OK'],
    [2, '0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0-X--', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '----0', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '---X-', 'ALARM', 'retained', 'ALARM', 'OK'],
  ];
  it.each(
    table.flatMap(([datapoints, points, missing, ignore, breaching, notBreaching]) =>
      Object.entries({ missing, ignore, breaching, notBreaching }).map(
        ([treatment, expected]) => [datapoints, points, treatment, expected] as const,
      ),
    ),
  )(
    '%i of 3 on %s is, treating the missing as %s, %s',
    (datapoints, points, treatment, expected) => {
      const metricName = `table-${datapoints}-${points}-${treatment}`;
      engine.defineAlarm(metricName, {
        ...properties,
        MetricName: metricName,
        Dimensions: [],
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: datapoints,
        TreatMissingData: treatment,
      });
      for (const [index, point] of [...points].entries()) {
        if (point === '-') continue;
        engine.put(
          'Alarms',
          metricName,
          {},
          point === 'X' ? 1 : 0,
          T0 + index * MINUTE_MS + 30_000,
        );
      }
      engine.evaluateAlarms(T0 + 5 * MINUTE_MS);
      // Nothing had been decided before, so what is retained is the initial state.
      expect(stateOf(metricName)).toBe(expected === 'retained' ? 'INSUFFICIENT_DATA' : expected);
    },
  );
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
