/** CloudWatch's alarms: defined from a template's properties, evaluated at given times; see cloudwatch.test.ts. */
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudWatchEngine, startCloudWatchEngine } from '../../local/engines/cloudwatch.ts';

const MINUTE_MS = 60_000;
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
    endpoint: engine.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
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
    const metric = (id: string) => ({
      Id: id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace: 'Share', MetricName: id }, Period: 300, Stat: 'Sum' },
    });
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
