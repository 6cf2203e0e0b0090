import { Stack } from 'aws-cdk-lib';
import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Environment, EnvironmentName } from '../environments.ts';
import { alarmList } from './alarm-list.ts';
import type { AlarmEntry, Watched } from './alarm-terms.ts';

export interface AlarmsProps {
  readonly environmentName: EnvironmentName;
  readonly monitoring: Environment['monitoring'];
  readonly watched: Watched;
}

/** An alarm and the entry that it was made from. */
export interface RaisedAlarm {
  readonly entry: AlarmEntry;
  readonly alarm: Alarm;
}

/** The topic that alarms go to, and one alarm for each entry of the list. */
export class Alarms extends Construct {
  readonly topic: Topic;
  /** Empty where the environment says `{ noMonitoring: true }`. */
  readonly alarms: readonly RaisedAlarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = this.alarmTopic();
    const { monitoring } = props;
    if (monitoring.noMonitoring === true) {
      this.alarms = [];
      return;
    }
    if (monitoring.alarmEmail !== undefined) {
      this.topic.addSubscription(new EmailSubscription(monitoring.alarmEmail));
    }
    this.alarms = alarmList.map((entry) => ({
      entry,
      alarm: this.alarm(entry, props, entry.threshold(monitoring.thresholds)),
    }));
  }

  private alarmTopic(): Topic {
    const topic = new Topic(this, 'Topic', { displayName: 'Kindred alarms', enforceSSL: true });
    // A topic with a policy of its own loses the default one that admits the account's alarms.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }

  private alarm(entry: AlarmEntry, props: AlarmsProps, threshold: number): Alarm {
    const alarm = new Alarm(this, entry.id, {
      alarmName: `Kindred-${props.environmentName}-${entry.id}`,
      alarmDescription: `${entry.meaning} What to do: docs/runbooks/${entry.id}.md`,
      metric: entry.metric(props.watched),
      threshold,
      comparisonOperator: entry.comparison,
      evaluationPeriods: entry.periods,
      datapointsToAlarm: entry.breaches,
      // No value means no traffic or no failure, both of which are fine.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }
}
