import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { ComparisonOperator, type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { EventSourceMapping, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Monitored } from '../environments.ts';
import { METRICS_NAMESPACE, serviceName } from './node-function.ts';

/** What the alarms watch. */
export interface Watched {
  readonly api: RestApi;
  readonly collect: LambdaFunction;
  readonly enrich: LambdaFunction;
  readonly mapping: EventSourceMapping;
  readonly stateMachine: StateMachine;
  readonly compaction: StateMachine;
  readonly audit: StateMachine;
  readonly experiments: StateMachine;
  readonly carts: StateMachine;
  readonly replay: StateMachine;
  readonly erase: StateMachine;
  readonly exportCustomer: StateMachine;
  readonly exportRecommendations: StateMachine;
  readonly imports: StateMachine;
  readonly currents: LambdaFunction;
}

/** One entry makes one alarm, its widget on the dashboard, and asks for its runbook. */
export interface AlarmEntry {
  /** Also the name of the runbook: docs/runbooks/<id>.md. */
  readonly id: string;
  readonly title: string;
  /** What is true when it rings, for the mail. */
  readonly meaning: string;
  readonly metric: (watched: Watched) => IMetric;
  readonly threshold: (thresholds: Monitored['thresholds']) => number;
  readonly comparison: Comparison;
  /** Rings when `breaches` of the last `periods` of five minutes are over the threshold. */
  readonly periods: number;
  readonly breaches: number;
}

type Comparison =
  | ComparisonOperator.GREATER_THAN_THRESHOLD
  | ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;

export const PERIOD = Duration.minutes(5);
export const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD } = ComparisonOperator;

/** Any is too many. */
export const onAny = {
  threshold: () => 1,
  comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  periods: 1,
  breaches: 1,
} as const;

/** Over the threshold twice within a quarter of an hour: a blip rings nobody. */
export const onTwoOfThree = {
  comparison: GREATER_THAN_THRESHOLD,
  periods: 3,
  breaches: 2,
} as const;

/** A metric that a function writes in the embedded metric format. */
export function written(functionId: string, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: serviceName(functionId) },
    statistic,
    period: PERIOD,
  });
}
