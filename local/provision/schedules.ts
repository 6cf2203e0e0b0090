import * as z from 'zod';
import { type ResourceKind, resourceKind } from '../template/resource-kind.ts';
import { arnOf, type CloudParts } from './cloud-parts.ts';

/** Nobody checks it; the scheduler's own schema asks for one. */
const ROLE_ARN = 'arn:aws:iam::000000000000:role/local';

/** The scheduler knows which properties it can follow, and refuses the others. */
const schedule = z.looseObject({
  Name: z.string().optional(),
  Target: z.looseObject({ Arn: z.string() }),
});

const rule = z.strictObject({
  Name: z.string().optional(),
  ScheduleExpression: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z
    .array(z.strictObject({ Arn: z.string(), Id: z.string(), Input: z.string().optional() }))
    .default([]),
});

/** What runs by the clock: schedules, and rules that have a schedule. */
export function scheduleKinds(parts: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::Scheduler::Schedule', schedule, (properties, { physicalName }) => {
      const name = properties.Name ?? physicalName;
      const { Target } = properties;
      parts.scheduler.define(name, { ...properties, Target: { ...Target, RoleArn: ROLE_ARN } });
      return {
        ref: name,
        attributes: { Arn: arnOf(parts, 'scheduler', `schedule/default/${name}`) },
      };
    }),
    resourceKind('AWS::Events::Rule', rule, (properties, { physicalName }) => {
      const name = properties.Name ?? physicalName;
      const arn = arnOf(parts, 'events', `rule/${name}`);
      for (const { Arn, Id, Input } of properties.Targets) {
        parts.scheduler.define(`${name}-${Id}`, {
          ScheduleExpression: properties.ScheduleExpression,
          State: properties.State,
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: { Arn, RoleArn: ROLE_ARN, Input: Input ?? scheduledEvent(parts, arn) },
        });
      }
      return { ref: name, attributes: { Arn: arn } };
    }),
  ];
}

/** Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent({ region }: CloudParts, ruleArn: string): string {
  return JSON.stringify({
    version: '0',
    id: '<aws.scheduler.execution-id>',
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ruleArn.split(':')[4],
    time: '<aws.scheduler.scheduled-time>',
    region,
    resources: [ruleArn],
    detail: {},
  });
}
