import * as z from 'zod';
import { type ResourceKind, resourceKind } from '../template/resource-kind.ts';
import { arnOf, type CloudParts } from './cloud-parts.ts';

const topic = z.strictObject({ TopicName: z.string().optional() });

/** Alarms, and the topics that they tell. */
export function monitoringKinds(parts: CloudParts): ResourceKind[] {
  return [
    resourceKind(
      'AWS::CloudWatch::Alarm',
      // The engine knows which of an alarm's properties it can evaluate, and refuses the others.
      z.looseObject({ AlarmName: z.string().optional() }),
      (properties, { physicalName }) => {
        const name = properties.AlarmName ?? physicalName;
        parts.cloudWatch.defineAlarm(name, properties);
        return { ref: name, attributes: { Arn: arnOf(parts, 'cloudwatch', `alarm:${name}`) } };
      },
    ),
    resourceKind('AWS::SNS::Topic', topic, ({ TopicName }, { physicalName }) => {
      const name = TopicName ?? physicalName;
      const arn = arnOf(parts, 'sns', name);
      parts.sns.createTopic(arn);
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    }),
  ];
}
