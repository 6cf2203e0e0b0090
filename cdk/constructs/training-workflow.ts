import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import type { ObjectAccess } from './object-access.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { noTask, TrainingTask } from './training-task.ts';
import { Workflow } from './workflow.ts';

export interface TrainingWorkflowProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum: training is the one job that may need all of it. */
const STEP_TIMEOUT_MIN = 15;
interface Step {
  readonly id: string;
  /** The handler's file; named after `memory` where absent. */
  readonly entry?: string;
  readonly memory: keyof Environment['memoryMb'];
  readonly description: string;
  readonly permissions: readonly PolicyStatement[];
  readonly objects: readonly ObjectAccess[];
}

/** The state machine that trains, measures and publishes a model, its functions, its schedule. */
export class TrainingWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: TrainingWorkflowProps) {
    super(scope, id);
    const steps = stepsOf(props.state).map((step) => this.stepFunction(props, step));
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
    return new NodeFunction(this, step.id, {
      defaults,
      entry: `lambdas/recommend/${step.entry ?? step.memory}.ts`,
      description: step.description,
      memoryMb: defaults.environment.memoryMb[step.memory],
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      variables: variablesOf(state),
      permissions: step.permissions,
      objects: step.objects,
    });
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
function stepsOf(state: StateStack): readonly Step[] {
  return [...fittingSteps(state), ...publishingSteps(state)];
}

function fittingSteps({ buckets, tables }: StateStack): readonly Step[] {
  const raw = { bucket: buckets.lake, prefix: 'raw/' };
  const snapshots = { bucket: buckets.lake, prefix: 'snapshots/' };
  return [
    {
      id: 'Snapshot',
      memory: 'snapshot',
      description: 'Freezes interactions and catalogue into a snapshot',
      permissions: [allow(['dynamodb:Scan'], [tables.catalogue.tableArn])],
      objects: [
        { ...raw, actions: read },
        { ...snapshots, actions: write },
      ],
    },
    {
      id: 'Check',
      memory: 'check',
      description: 'Refuses a snapshot that is broken or implausible',
      permissions: [],
      objects: [{ ...snapshots, actions: read }],
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
      entry: 'task-candidate',
      memory: 'check',
      description: 'Takes up what a training task has left',
      permissions: [],
      objects: [{ ...snapshots, actions: read }],
    },
    {
      id: 'ImportModel',
      entry: 'import-model',
      memory: 'train',
      description: 'Makes a candidate of a model that was trained elsewhere',
      permissions: [],
      objects: [
        { ...snapshots, actions: [...read, ...write] },
        { bucket: buckets.lake, prefix: 'model-imports/', actions: read },
      ],
    },
  ];
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
        { ...published, actions: write },
      ],
    },
  ];
}
