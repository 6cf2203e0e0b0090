import * as z from 'zod';
import {
  dimensionList,
  metricDataQuery,
  parseQueries,
  periodSeconds,
  type Query,
  QueryRefused,
} from './metric-query.ts';

/** CloudWatch evaluates at most a day: periods × their number. */
const EVALUATION_RANGE_SECONDS_MAX = 86_400;

const topicArns = z
  .array(
    z
      .string()
      .regex(/^arn:aws[\w-]*:sns:/, "must be an SNS topic: other actions aren't implemented"),
  )
  .default([]);

/** The properties of AWS::CloudWatch::Alarm, resolved. A property that isn't here is refused. */
export const alarmProperties = z.strictObject({
  AlarmName: z.string().min(1).max(255).optional(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: topicArns,
  OKActions: topicArns,
  InsufficientDataActions: topicArns,
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1).optional(),
  Threshold: z.number(),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).default('missing'),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensionList.optional(),
  Period: periodSeconds.optional(),
  Statistic: z.enum(['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount']).optional(),
  ExtendedStatistic: z.string().optional(),
  Metrics: z.array(metricDataQuery).min(1).max(20).optional(),
  /** Who pays for it is nothing to evaluate. */
  Tags: z.array(z.unknown()).optional(),
});
export type AlarmProperties = z.infer<typeof alarmProperties>;

export interface AlarmDefinition {
  readonly name: string;
  readonly properties: AlarmProperties;
  readonly datapointsToAlarm: number;
  readonly queries: readonly Query[];
  /** The query whose points are compared with the threshold. */
  readonly watched: Query;
}

export class AlarmRefused extends Error {}

/** Parses an alarm's properties; throws AlarmRefused naming the property that isn't implemented. */
export function parseAlarm(name: string, raw: unknown): AlarmDefinition {
  const parsed = alarmProperties.safeParse(raw);
  if (!parsed.success) {
    throw new AlarmRefused(
      `The alarm ${name} can't be evaluated: ${z.prettifyError(parsed.error)}`,
    );
  }
  const properties = parsed.data;
  try {
    const queries = parseQueries(properties.Metrics ?? [singleQuery(properties)]);
    const [watched, another] = queries.filter(({ isReturned }) => isReturned);
    if (watched === undefined || another !== undefined) {
      throw new QueryRefused('Exactly one of Metrics must have ReturnData true.');
    }
    const datapointsToAlarm = properties.DatapointsToAlarm ?? properties.EvaluationPeriods;
    if (datapointsToAlarm > properties.EvaluationPeriods) {
      throw new QueryRefused('DatapointsToAlarm exceeds EvaluationPeriods.');
    }
    const rangeSeconds = (watched.periodMs / 1000) * properties.EvaluationPeriods;
    if (rangeSeconds > EVALUATION_RANGE_SECONDS_MAX) {
      throw new QueryRefused('Period × EvaluationPeriods exceeds a day.');
    }
    return { name, properties, datapointsToAlarm, queries, watched };
  } catch (error) {
    if (!(error instanceof QueryRefused)) throw error;
    throw new AlarmRefused(`The alarm ${name} can't be evaluated: ${error.message}`);
  }
}

/** The query that an alarm on a single metric spells out in its own properties. */
function singleQuery(properties: AlarmProperties) {
  const {
    Namespace,
    MetricName,
    Dimensions = [],
    Period,
    Statistic,
    ExtendedStatistic,
  } = properties;
  if (Namespace === undefined || MetricName === undefined || Period === undefined) {
    throw new QueryRefused('Without Metrics it needs Namespace, MetricName and Period.');
  }
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw new QueryRefused('It needs exactly one of Statistic and ExtendedStatistic.');
  }
  return {
    Id: 'm1',
    ReturnData: true,
    MetricStat: {
      Metric: { Namespace, MetricName, Dimensions },
      Period,
      Stat: Statistic ?? ExtendedStatistic ?? '',
    },
  };
}
