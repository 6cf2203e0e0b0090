import * as z from 'zod';
import { type ResourceKind, resourceKind } from '../template/resource-kind.ts';
import { TemplateError } from '../template/template-error.ts';
import { arnOf, type CloudParts } from './cloud-parts.ts';

/** Nobody checks it; the scheduler's own schema asks for one. */
const ROLE_ARN = 'arn:aws:iam::000000000000:role/local';

/** The scheduler knows which properties it can follow, and refuses the others. */
const schedule = z.looseObject({
  Name: z.string().optional(),
  Target: z.looseObject({ Arn: z.string() }),
});

const EVENT_TARGET =
  /^arn:aws[\w-]*:(states:[^:]+:\d{12}:stateMachine|lambda:[^:]+:\d{12}:function):/u;

/** By the clock, or by an event; EventBridge takes both at once, nobody here does. */
const rule = z
  .strictObject({
    Name: z.string().optional(),
    ScheduleExpression: z.string().optional(),
    EventPattern: z.record(z.string(), z.unknown()).optional(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Targets: z
      .array(z.strictObject({ Arn: z.string(), Id: z.string(), Input: z.string().optional() }))
      .default([]),
  })
  .refine(
    (given) => (given.ScheduleExpression === undefined) !== (given.EventPattern === undefined),
    {
      message: 'a rule has either a ScheduleExpression or an EventPattern',
    },
  );

/** What runs by itself: schedules, and rules that have a schedule or wait for an event. */
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
      if (properties.ScheduleExpression === undefined) {
        addBusRule(parts, name, properties);
        return { ref: name, attributes: { Arn: arn } };
      }
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

function addBusRule(
  parts: CloudParts,
  name: string,
  { EventPattern, State, Targets }: z.infer<typeof rule>,
): void {
  for (const { Arn } of Targets) {
    if (EVENT_TARGET.test(Arn)) continue;
    throw new TemplateError(`the target ${Arn} is neither a state machine nor a function.`);
  }
  try {
    parts.eventBus.addRule({
      name,
      pattern: EventPattern,
      isEnabled: State === 'ENABLED',
      targets: Targets.map(({ Arn, Input }) => ({ arn: Arn, input: Input })),
    });
  } catch (error) {
    throw new TemplateError(error instanceof Error ? error.message : String(error));
  }
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
