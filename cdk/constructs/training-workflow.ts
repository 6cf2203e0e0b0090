import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { duckDbBinding } from './native-binding.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { exportedName, type ObjectAccess } from './object-access.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { noTask, TrainingTask } from './training-task.ts';
import { Workflow } from './workflow.ts';

export interface TrainingWorkflowProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum: training is the one job that may need all of it. */
const STEP_TIMEOUT_MIN = 15;
/** Lambda's own maximum; beyond the first 512 MB an hour of it costs a third of a cent. */
const DISK_MB = 10_240;

interface Step {
  readonly id: string;
  readonly memory: keyof Environment['memoryMb'];
  /** The handler's file, where it is not called as its memory is. */
  readonly file?: string;
  readonly description: string;
  readonly permissions: readonly PolicyStatement[];
  readonly objects: readonly ObjectAccess[];
  /** Wildcards that its permissions can't do without. */
  readonly acknowledgements?: readonly Parameters<typeof acknowledge>[1][];
  /** Makes files and queries: DuckDB's native part, and Lambda's whole disk. */
  readonly usesDuckDb?: true;
  /** Beside what all steps have. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The state machine that trains, measures and publishes a model, its functions, its schedule. */
export class TrainingWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: TrainingWorkflowProps) {
    super(scope, id);
    const steps = stepsOf(props).map((step) => this.stepFunction(props, step));
    const { defaults } = props;
    const { train } = defaults.environment;
    const task = train.task && this.task(props, train.task);
    const workflow = new Workflow(this, 'Workflow', {
      defaults,
      name: 'train',
      comment: 'Snapshot, check, train, evaluate, gate, publish',
      steps,
      substitutions: task?.substitutions ?? noTask(),
    });
    this.stateMachine = workflow.stateMachine;
    task?.allowRun(this.stateMachine.role);
    new ScheduledStart(this, 'ScheduledStart', {
      description: 'Trains a candidate model',
      schedule: train.schedule,
      isEnabled: train.scheduleEnabled,
      stateMachine: this.stateMachine,
      input: train.holdoutDays === undefined ? {} : { holdoutDays: train.holdoutDays },
    });
  }

  private task(
    { defaults, state }: TrainingWorkflowProps,
    task: NonNullable<Environment['train']['task']>,
  ): TrainingTask {
    const snapshots = { bucket: state.buckets.lake, prefix: 'snapshots/' };
    return new TrainingTask(this, 'Task', {
      defaults,
      task,
      variables: variablesOf(state),
      objects: [{ ...snapshots, actions: [...read, ...write] }],
    });
  }

  private stepFunction({ defaults, state }: TrainingWorkflowProps, step: Step): NodeFunction {
    const made = new NodeFunction(this, step.id, {
      defaults,
      entry: `lambdas/recommend/${step.file ?? step.memory}.ts`,
      description: step.description,
      memoryMb: defaults.environment.memoryMb[step.memory],
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      ...(step.usesDuckDb === true && { diskMb: DISK_MB, native: duckDbBinding }),
      variables: { ...variablesOf(state), ...step.variables },
      permissions: step.permissions,
      objects: step.objects,
    });
    for (const acknowledgement of step.acknowledgements ?? []) {
      acknowledge(made.role, acknowledgement);
    }
    return made;
  }
}

function variablesOf({ buckets, tables }: StateStack): Record<string, string> {
  return {
    LAKE_BUCKET: buckets.lake.bucketName,
    MODELS_BUCKET: buckets.models.bucketName,
    CATALOGUE_TABLE: tables.catalogue.tableName,
    CONFIG_TABLE: tables.config.tableName,
  };
}

const read = ['s3:GetObject'];
const write = ['s3:PutObject'];

/** Each step with exactly what it reads and writes. Candidates lie with their snapshot. */
function stepsOf({ state, defaults }: TrainingWorkflowProps): readonly Step[] {
  const { train } = defaults.environment;
  return [...fittingSteps(state), ...publishingSteps(state), retainStep(state, train)];
}

function fittingSteps(state: StateStack): readonly Step[] {
  const { lake } = state.buckets;
  const snapshots = { bucket: lake, prefix: 'snapshots/' };
  return [
    exportStep(state),
    snapshotStep(state),
    {
      id: 'Check',
      memory: 'check',
      description: 'Refuses a snapshot that is broken or implausible',
      permissions: [allow(['dynamodb:GetItem'], [state.tables.config.tableArn])],
      objects: [
        { ...snapshots, actions: read },
        { bucket: lake, prefix: 'quality/', actions: read },
        { bucket: lake, prefix: 'snapshot-facts/', actions: write },
      ],
    },
    {
      id: 'Train',
      memory: 'train',
      description: 'Trains a candidate model from a snapshot',
      permissions: [],
      objects: [{ ...snapshots, actions: [...read, ...write] }],
    },
    {
      id: 'TaskCandidate',
      file: 'task-candidate',
      memory: 'check',
      description: 'Takes up what a training task has left',
      permissions: [],
      objects: [{ ...snapshots, actions: read }],
    },
    {
      id: 'ImportModel',
      file: 'import-model',
      memory: 'train',
      description: 'Makes a candidate of a model that was trained elsewhere',
      permissions: [],
      objects: [
        { ...snapshots, actions: [...read, ...write] },
        { bucket: lake, prefix: 'model-imports/', actions: read },
      ],
    },
  ];
}

function exportStep({ buckets, tables }: StateStack): Step {
  const { profiles } = tables;
  return {
    id: 'ExportProfiles',
    memory: 'check',
    file: 'export-profiles',
    description: 'Has DynamoDB export the profiles to the lake',
    permissions: [
      allow(['dynamodb:ExportTableToPointInTime'], [profiles.tableArn]),
      exports(profiles),
    ],
    // DynamoDB writes with the rights of whoever asked for the export.
    objects: [{ bucket: buckets.lake, prefix: 'snapshot-exports/', actions: [...write, ABORT] }],
    variables: { PROFILES_TABLE_ARN: profiles.tableArn },
    acknowledgements: [
      {
        finding: `AwsSolutions-IAM5[Resource::${exportedName(profiles, profiles.tableArn)}/export/*]`,
        reason: 'DynamoDB draws the id of an export when it is asked for.',
      },
    ],
  };
}

const ABORT = 's3:AbortMultipartUpload';

/** An export's ARN is its table's and an id that DynamoDB draws. */
function exports(profiles: Table): PolicyStatement {
  return allow(['dynamodb:DescribeExport'], [`${profiles.tableArn}/export/*`]);
}

function snapshotStep({ buckets, tables }: StateStack): Step {
  const bucket = buckets.lake;
  const keep = [...read, ...write, 's3:DeleteObject'];
  return {
    id: 'Snapshot',
    memory: 'snapshot',
    description: 'Freezes interactions, profiles and catalogue into a snapshot',
    usesDuckDb: true,
    permissions: [
      allow(['dynamodb:Scan'], [tables.catalogue.tableArn]),
      allow(['dynamodb:GetItem'], [tables.config.tableArn]),
    ],
    objects: [
      { bucket, prefix: 'raw/', actions: read },
      { bucket, prefix: 'snapshots/', actions: write },
      { bucket, prefix: 'snapshot-days/', actions: keep },
      { bucket, prefix: 'snapshot-exports/', actions: [...read, 's3:DeleteObject'] },
      { bucket, prefix: 'snapshot-facts/', actions: read },
    ],
    variables: { SNAPSHOT_DISK_MB: String(DISK_MB) },
  };
}

function publishingSteps({ buckets, tables }: StateStack): readonly Step[] {
  const snapshots = { bucket: buckets.lake, prefix: 'snapshots/' };
  const published = { bucket: buckets.models, prefix: 'models/' };
  return [
    {
      id: 'Evaluate',
      memory: 'evaluate',
      description: 'Measures a candidate on held-out days against the current model',
      permissions: [allow(['dynamodb:GetItem'], [tables.config.tableArn])],
      objects: [
        { ...snapshots, actions: [...read, ...write] },
        { ...published, actions: read },
      ],
    },
    {
      id: 'Publish',
      memory: 'publish',
      description: 'Fits the promoted candidate to everything and makes it the current model',
      permissions: [allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.config.tableArn])],
      objects: [
        { ...snapshots, actions: read },
        // Read again before it becomes current.
        { ...published, actions: [...read, ...write] },
      ],
    },
  ];
}

function retainStep({ buckets, tables }: StateStack, train: Environment['train']): Step {
  return {
    id: 'Retain',
    memory: 'retain',
    description: 'Deletes models that are no longer kept',
    permissions: [allow(['dynamodb:GetItem'], [tables.config.tableArn])],
    objects: [{ bucket: buckets.models, prefix: 'models/', actions: [...read, 's3:DeleteObject'] }],
    variables: {
      MODELS_KEPT_MAX: String(train.modelsKeptMax),
      MODELS_KEPT_DAYS_MIN: String(train.modelsKeptDaysMin),
    },
  };
}
