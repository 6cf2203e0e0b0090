import type { AlarmDefinition, AlarmProperties } from './alarm-definition.ts';
import type { Points } from './metric-math.ts';
import { pointsOf } from './metric-query.ts';
import type { MetricStore } from './metric-store.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/**
 * Periods looked at beyond EvaluationPeriods, to make up for missing ones. CloudWatch doesn't
 * document its number; its tables of examples look at five for three.
 */
export const EXTRA_PERIODS = 2;

const breaches: Readonly<
  Record<AlarmProperties['ComparisonOperator'], (value: number, threshold: number) => boolean>
> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** An alarm's points, oldest first: whole periods that end at `nowMs`, so that none is judged half full. */
export function alarmPoints(alarm: AlarmDefinition, store: MetricStore, nowMs: number): Points {
  const { periodMs } = alarm.watched;
  const length = alarm.properties.EvaluationPeriods + EXTRA_PERIODS;
  // Values are kept by the second; the second under way belongs to the last period.
  const endMs = Math.floor(nowMs / 1000) * 1000 + 1000;
  const grid = { startMs: endMs - length * periodMs, periodMs, length };
  return pointsOf(alarm.watched, alarm.queries, store, grid);
}

/**
 * The state that points lead to, by the rules and tables of
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function nextState(
  { properties, datapointsToAlarm: needed }: AlarmDefinition,
  points: Points,
  current: AlarmState,
): AlarmState {
  const { EvaluationPeriods: periods, Threshold: threshold, TreatMissingData } = properties;
  const isBreaching = breaches[properties.ComparisonOperator];
  const present = points.filter((point) => point !== undefined).slice(-periods);
  const missing = periods - present.length;
  const breaching = present.filter((point) => isBreaching(point, threshold)).length;
  if (breaching >= needed) return 'ALARM';
  if (missing === 0 || TreatMissingData === 'notBreaching') return 'OK';
  if (TreatMissingData === 'breaching') return breaching + missing >= needed ? 'ALARM' : 'OK';
  if (present.length === 0) {
    return TreatMissingData === 'missing' ? 'INSUFFICIENT_DATA' : current;
  }
  // Too few points to decide, and every one of them breaches.
  if (breaching === Math.min(needed, present.length)) {
    return TreatMissingData === 'missing' ? 'ALARM' : current;
  }
  return 'OK';
}
