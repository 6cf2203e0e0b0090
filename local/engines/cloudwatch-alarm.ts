import * as z from 'zod';
import { evaluateExpression } from './metric-expression.ts';
import { type MetricName, type MetricStore, statistic } from './metric-store.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

const dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]);

/**
 * The properties of AWS::CloudWatch::Alarm that are understood; any other stops the start.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html
 */
export const alarmProperties = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z.string().default(''),
  AlarmActions: z.array(z.string()).default([]),
  OKActions: z.array(z.string()).default([]),
  InsufficientDataActions: z.array(z.string()).default([]),
  ActionsEnabled: z.boolean().default(true),
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: z.number(),
  EvaluationPeriods: z.number().int().min(1),
  DatapointsToAlarm: z.number().int().min(1).optional(),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).default('missing'),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Period: z.number().optional(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Unit: z.string().optional(),
  Metrics: z
    .array(
      z.strictObject({
        Id: z.string(),
        Label: z.string().optional(),
        ReturnData: z.boolean().default(true),
        Expression: z.string().optional(),
        Period: z.number().optional(),
        MetricStat: z
          .strictObject({
            Metric: z.strictObject({
              Namespace: z.string(),
              MetricName: z.string(),
              Dimensions: dimensions,
            }),
            Period: z.number(),
            Stat: z.string(),
            Unit: z.string().optional(),
          })
          .optional(),
      }),
    )
    .optional(),
});

type Properties = z.infer<typeof alarmProperties>;

export interface Alarm {
  readonly name: string;
  readonly description: string;
  readonly alarmActions: readonly string[];
  readonly okActions: readonly string[];
  readonly properties: Properties;
}

/** @throws Error naming the property or the part of an expression that is not understood. */
export function alarmOf(properties: unknown): Alarm {
  const parsed = alarmProperties.parse(properties);
  for (const { Expression } of parsed.Metrics ?? []) {
    if (Expression !== undefined) evaluateExpression(Expression, () => undefined);
  }
  return {
    name: parsed.AlarmName,
    description: parsed.AlarmDescription,
    alarmActions: parsed.ActionsEnabled ? parsed.AlarmActions : [],
    okActions: parsed.ActionsEnabled ? parsed.OKActions : [],
    properties: parsed,
  };
}

/** The state of an alarm at `nowMs`: m of the last n periods beyond the threshold. */
export function evaluateAlarm(
  { properties }: Alarm,
  metrics: MetricStore,
  nowMs: number,
): AlarmState {
  const periodMs = periodOf(properties) * 1000;
  const end = (Math.floor(nowMs / periodMs) + 1) * periodMs;
  const values = Array.from({ length: properties.EvaluationPeriods }, (_, index) =>
    valueIn(properties, metrics, end - (index + 1) * periodMs, end - index * periodMs),
  );
  const missing = properties.TreatMissingData;
  if (values.every((value) => value === undefined) && missing === 'missing')
    return 'INSUFFICIENT_DATA';
  const breachingCount = values.filter((value) =>
    value === undefined ? missing === 'breaching' : isBreaching(properties, value),
  ).length;
  return breachingCount >= (properties.DatapointsToAlarm ?? properties.EvaluationPeriods)
    ? 'ALARM'
    : 'OK';
}

function periodOf(properties: Properties): number {
  return (
    properties.Period ??
    properties.Metrics?.find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat?.Period ??
    60
  );
}

function valueIn(
  properties: Properties,
  metrics: MetricStore,
  startMs: number,
  endMs: number,
): number | undefined {
  const read = (
    namespace: string,
    name: string,
    list: z.infer<typeof dimensions>,
    stat: string,
  ) => {
    const metric: MetricName = {
      namespace,
      name,
      dimensions: Object.fromEntries(list.map(({ Name, Value }) => [Name, Value])),
    };
    return statistic(stat, metrics.between(metric, startMs, endMs));
  };
  if (properties.Metrics === undefined) {
    const stat = properties.Statistic ?? properties.ExtendedStatistic ?? 'Average';
    return read(
      properties.Namespace ?? '',
      properties.MetricName ?? '',
      properties.Dimensions,
      stat,
    );
  }
  const known = new Map<string, number | undefined>();
  for (const { Id, MetricStat } of properties.Metrics) {
    if (MetricStat === undefined) continue;
    const { Namespace, MetricName, Dimensions } = MetricStat.Metric;
    known.set(Id, read(Namespace, MetricName, Dimensions, MetricStat.Stat));
  }
  const returned = properties.Metrics.find(({ ReturnData }) => ReturnData);
  if (returned?.Expression === undefined) return known.get(returned?.Id ?? '');
  const value = evaluateExpression(returned.Expression, (id) => known.get(id));
  return value === undefined || Number.isFinite(value) ? value : undefined;
}

function isBreaching({ ComparisonOperator, Threshold }: Properties, value: number): boolean {
  switch (ComparisonOperator) {
    case 'GreaterThanThreshold':
      return value > Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= Threshold;
    case 'LessThanThreshold':
      return value < Threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= Threshold;
  }
}
