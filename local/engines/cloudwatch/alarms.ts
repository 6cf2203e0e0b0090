import { type AlarmDefinition, parseAlarm } from './alarm-definition.ts';
import { type AlarmState, alarmPoints, nextState } from './alarm-evaluation.ts';
import type { MetricStore } from './metric-store.ts';

/** Where an alarm lives: parts of its ARN. */
export interface AlarmPlace {
  readonly region: string;
  readonly accountId: string;
}

export interface Alarm {
  readonly definition: AlarmDefinition;
  readonly arn: string;
  readonly state: AlarmState;
  readonly reason: string;
  readonly changedAtMs: number;
}

export type PublishToTopic = (topicArn: string, subject: string, message: string) => void;

/** All alarms with their states; a change of state is published to the actions of the new state. */
export class Alarms {
  readonly #store: MetricStore;
  readonly #place: AlarmPlace;
  readonly #publish: PublishToTopic;
  readonly #alarms = new Map<string, Alarm>();

  constructor(store: MetricStore, place: AlarmPlace, publish: PublishToTopic) {
    this.#store = store;
    this.#place = place;
    this.#publish = publish;
  }

  define(name: string, properties: unknown, nowMs: number): void {
    const { region, accountId } = this.#place;
    this.#alarms.set(name, {
      definition: parseAlarm(name, properties),
      arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
      state: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      changedAtMs: nowMs,
    });
  }

  list(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Evaluates every alarm at this time and acts on the changes. */
  evaluate(nowMs: number): void {
    for (const [name, alarm] of this.#alarms) {
      const points = alarmPoints(alarm.definition, this.#store, nowMs);
      const state = nextState(alarm.definition, points, alarm.state);
      if (state === alarm.state) continue;
      const shown = points.filter((point) => point !== undefined).join(', ');
      const reason = `The latest values [${shown}] against ${alarm.definition.properties.ComparisonOperator} ${alarm.definition.properties.Threshold}.`;
      const changed = { ...alarm, state, reason, changedAtMs: nowMs };
      this.#alarms.set(name, changed);
      this.#act(alarm, changed);
    }
  }

  #act(before: Alarm, after: Alarm): void {
    const { properties } = after.definition;
    if (!properties.ActionsEnabled) return;
    const actions = {
      ALARM: properties.AlarmActions,
      OK: properties.OKActions,
      INSUFFICIENT_DATA: properties.InsufficientDataActions,
    }[after.state];
    const subject = `${after.state}: "${after.definition.name}"`;
    for (const topicArn of actions) {
      this.#publish(topicArn, subject, JSON.stringify(notification(before, after, this.#place)));
    }
  }
}

/** The message that CloudWatch sends, as far as a single metric's or an expression's alarm has it. */
function notification(before: Alarm, after: Alarm, place: AlarmPlace) {
  const { name, properties } = after.definition;
  return {
    AlarmName: name,
    AlarmDescription: properties.AlarmDescription ?? null,
    AWSAccountId: place.accountId,
    NewStateValue: after.state,
    OldStateValue: before.state,
    NewStateReason: after.reason,
    StateChangeTime: new Date(after.changedAtMs).toISOString(),
    Region: place.region,
    AlarmArn: after.arn,
    Trigger: {
      Namespace: properties.Namespace,
      MetricName: properties.MetricName,
      Metrics: properties.Metrics,
      Period: properties.Period,
      EvaluationPeriods: properties.EvaluationPeriods,
      DatapointsToAlarm: after.definition.datapointsToAlarm,
      ComparisonOperator: properties.ComparisonOperator,
      Threshold: properties.Threshold,
      TreatMissingData: properties.TreatMissingData,
    },
  };
}
