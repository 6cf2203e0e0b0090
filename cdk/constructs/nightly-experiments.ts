import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { duckDbBinding } from './native-binding.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { Workflow } from './workflow.ts';

export interface NightlyExperimentsProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum. */
const STEP_TIMEOUT_MIN = 15;
/** Lambda's own maximum; beyond the first 512 MB an hour of it costs a third of a cent. */
const DISK_MB = 10_240;

/** Every night, after compaction: the results of each experiment, as a document and a page. */
export class NightlyExperiments extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { defaults, state }: NightlyExperimentsProps) {
    super(scope, id);
    const { environment } = defaults;
    const { buckets, tables } = state;
    const bucket = buckets.lake;
    const analyse = new NodeFunction(this, 'Analyse', {
      defaults,
      entry: 'lambdas/recommend/analyse.ts',
      description: 'Makes the results of experiments',
      memoryMb: environment.memoryMb.analyse,
      diskMb: DISK_MB,
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      native: duckDbBinding,
      variables: {
        LAKE_BUCKET: bucket.bucketName,
        CONFIG_TABLE: tables.config.tableName,
        IDENTITIES_TABLE: tables.identities.tableName,
        ANALYSIS_DISK_MB: String(DISK_MB),
      },
      permissions: [
        allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.config.tableArn]),
        allow(['dynamodb:BatchGetItem'], [tables.identities.tableArn]),
      ],
      objects: [
        { bucket, prefix: 'curated/', actions: ['s3:GetObject'] },
        { bucket, prefix: 'experiments/', actions: ['s3:PutObject'] },
      ],
    });
    this.stateMachine = new Workflow(this, 'Workflow', {
      defaults,
      name: 'experiments',
      comment: 'The results of experiments',
      steps: [analyse],
    }).stateMachine;
    new ScheduledStart(this, 'ScheduledStart', {
      description: 'Makes the results of experiments',
      schedule: environment.experiments.schedule,
      isEnabled: environment.experiments.scheduleEnabled,
      stateMachine: this.stateMachine,
      input: {},
    });
  }
}
