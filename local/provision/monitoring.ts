import * as z from 'zod';
import { alarmOf } from '../engines/cloudwatch-alarm.ts';
import type { Provider } from '../template/deploy.ts';
import { arn, type CloudParts } from './cloud-parts.ts';
import { physicalName } from './storage.ts';

const topicProperties = z.strictObject({ TopicName: z.string().optional() });

/** Alarms and the topic that they tell. */
export function monitoringProviders(parts: CloudParts): Record<string, Provider> {
  return {
    'AWS::CloudWatch::Alarm': async ({ logicalId, properties }) => {
      const alarm = alarmOf({ AlarmName: logicalId, ...properties });
      parts.cloudWatch.defineAlarm(alarm);
      return { ref: alarm.name, attributes: { Arn: arn('cloudwatch', `alarm:${alarm.name}`) } };
    },
    'AWS::SNS::Topic': async ({ stack, logicalId, properties }) => {
      const name = topicProperties.parse(properties).TopicName ?? physicalName(stack, logicalId);
      return { ref: arn('sns', name), attributes: { TopicName: name, TopicArn: arn('sns', name) } };
    },
  };
}
