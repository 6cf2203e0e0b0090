import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CART_DUE_INDEX } from '../../core/profile/cart-due.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { Workflow } from './workflow.ts';

export interface CartSweepProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Thousands of carts take seconds; what is left after this the next sweep does. */
const TIMEOUT_MIN = 5;

/** Finds abandoned carts on a schedule: one look for all customers instead of a timer for each. */
export class CartSweep extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { defaults, state }: CartSweepProps) {
    super(scope, id);
    const { tables, stream } = state;
    const { carts, memoryMb } = defaults.environment;
    const profilesArn = tables.profiles.tableArn;
    const sweep = new NodeFunction(this, 'Sweep', {
      defaults,
      entry: 'lambdas/enrich/sweep.ts',
      description: 'Finds carts that were left and says so on the stream',
      memoryMb: memoryMb.sweep,
      timeout: Duration.minutes(TIMEOUT_MIN),
      variables: {
        PROFILES_TABLE: tables.profiles.tableName,
        EVENTS_STREAM_NAME: stream.stream.streamName,
        CART_WINDOW_MINUTES: String(carts.abandonedAfterMinutes),
      },
      permissions: [
        allow(['dynamodb:Query'], [`${profilesArn}/index/${CART_DUE_INDEX}`]),
        allow(['dynamodb:BatchGetItem'], [profilesArn]),
        allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
      ],
    });
    this.stateMachine = new Workflow(this, 'Workflow', {
      defaults,
      name: 'sweep-carts',
      comment: 'Carts that were left, once nobody has touched them for the window',
      steps: [sweep],
    }).stateMachine;
    new ScheduledStart(this, 'ScheduledStart', {
      description: 'Looks for abandoned carts',
      schedule: carts.schedule,
      isEnabled: carts.scheduleEnabled,
      stateMachine: this.stateMachine,
      input: {},
    });
  }
}
