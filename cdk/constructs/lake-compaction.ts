import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { type FunctionDefaults, NodeFunction } from './node-function.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { Workflow } from './workflow.ts';

export interface LakeCompactionProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum: a step works as long as it may, the next one goes on. */
const STEP_TIMEOUT_MIN = 15;

/** Every night the day before becomes Parquet: `raw/` to `curated/`. */
export class LakeCompaction extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { defaults, state }: LakeCompactionProps) {
    super(scope, id);
    const { environment } = defaults;
    const bucket = state.buckets.lake;
    const compact = new NodeFunction(this, 'Compact', {
      defaults,
      entry: 'lambdas/enrich/compact.ts',
      description: 'Makes a day of raw events into curated Parquet',
      memoryMb: environment.memoryMb.compact,
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      variables: { LAKE_BUCKET: bucket.bucketName },
      permissions: [],
      objects: [
        { bucket, prefix: 'raw/', actions: ['s3:GetObject'] },
        { bucket, prefix: 'compaction/', actions: ['s3:GetObject', 's3:PutObject'] },
        // A day that is made again may have fewer parts than before.
        { bucket, prefix: 'curated/', actions: ['s3:PutObject', 's3:DeleteObject'] },
      ],
    });
    const workflow = new Workflow(this, 'Workflow', {
      defaults,
      name: 'compact',
      comment: 'A day of raw events into curated Parquet',
      steps: [compact],
    });
    this.stateMachine = workflow.stateMachine;
    new ScheduledStart(this, 'ScheduledStart', {
      description: 'Compacts the day before',
      schedule: environment.compaction.schedule,
      isEnabled: environment.compaction.scheduleEnabled,
      stateMachine: this.stateMachine,
      input: {},
    });
  }
}
