import { Duration, TimeZone } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export interface ScheduledStartProps {
  readonly description: string;
  /** EventBridge Scheduler's grammar, in UTC. */
  readonly schedule: string;
  readonly isEnabled: boolean;
  readonly stateMachine: StateMachine;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A start that could not be made within an hour waits for the next day's. */
const START_AGE_MAX_HOURS = 1;
const START_RETRIES = 10;

/** Starts a state machine on a schedule. */
export class ScheduledStart extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledStartProps) {
    super(scope, id);
    new Schedule(this, 'Schedule', {
      description: props.description,
      schedule: ScheduleExpression.expression(props.schedule, TimeZone.ETC_UTC),
      enabled: props.isEnabled,
      target: new StepFunctionsStartExecution(props.stateMachine, {
        input: ScheduleTargetInput.fromObject(props.input),
        maxEventAge: Duration.hours(START_AGE_MAX_HOURS),
        retryAttempts: START_RETRIES,
      }),
    });
  }
}
