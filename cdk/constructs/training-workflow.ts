import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy, TimeZone } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge, xrayHasNoResources } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import type { ObjectAccess } from './object-access.ts';

export interface TrainingWorkflowProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum: training is the one job that may need all of it. */
const STEP_TIMEOUT_MIN = 15;
/** A start that could not be made within an hour waits for the next day's. */
const START_AGE_MAX_HOURS = 1;
const START_RETRIES = 10;

interface Step {
  readonly id: string;
  readonly memory: keyof Environment['memoryMb'];
  readonly description: string;
  readonly permissions: readonly PolicyStatement[];
  readonly objects: readonly ObjectAccess[];
}

/** The state machine that trains, measures and publishes a model, its five functions, its schedule. */
export class TrainingWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: TrainingWorkflowProps) {
    super(scope, id);
    const steps = stepsOf(props.state).map((step) => this.stepFunction(props, step));
    this.stateMachine = this.machine(props.defaults, steps);
    this.schedule(props.defaults.environment);
  }

  private stepFunction({ defaults, state }: TrainingWorkflowProps, step: Step): NodeFunction {
    return new NodeFunction(this, step.id, {
      defaults,
      entry: `lambdas/recommend/${step.memory}.ts`,
      description: step.description,
      memoryMb: defaults.environment.memoryMb[step.memory],
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      variables: {
        LAKE_BUCKET: state.buckets.lake.bucketName,
        MODELS_BUCKET: state.buckets.models.bucketName,
        CATALOGUE_TABLE: state.tables.catalogue.tableName,
        CONFIG_TABLE: state.tables.config.tableName,
      },
      permissions: step.permissions,
      objects: step.objects,
    });
  }

  private machine(defaults: FunctionDefaults, steps: readonly NodeFunction[]): StateMachine {
    const definition = readFileSync(join(defaults.root, 'statemachines', 'train.asl.json'), 'utf8');
    const log = new LogGroup(this, 'Log', {
      // Step Functions writes to a log group with this prefix without growing the resource policy.
      logGroupName: `/aws/vendedlogs/states/kindred-${defaults.environmentName}-train`,
      retention: defaults.environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const machine = new StateMachine(this, 'StateMachine', {
      // In the template rather than an asset beside it: what a deployment changes can be read there.
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: Object.fromEntries(
        steps.map((step) => [`${step.node.id}FunctionArn`, step.function.functionArn]),
      ),
      comment: 'Snapshot, check, train, evaluate, gate, publish',
      // Payloads are ids and figures, never data, so logging them is safe.
      logs: { destination: log, level: LogLevel.ALL, includeExecutionData: true },
      tracingEnabled: true,
    });
    machine.addToRolePolicy(
      allow(
        ['lambda:InvokeFunction'],
        steps.map((step) => step.function.functionArn),
      ),
    );
    acknowledge(machine.role, {
      ...xrayHasNoResources,
      reason: 'X-Ray’s and the log delivery’s actions accept no resource but *.',
    });
    return machine;
  }

  private schedule({ train }: Environment): void {
    new Schedule(this, 'Schedule', {
      description: 'Trains a candidate model',
      schedule: ScheduleExpression.expression(train.schedule, TimeZone.ETC_UTC),
      enabled: train.scheduleEnabled,
      target: new StepFunctionsStartExecution(this.stateMachine, {
        input: ScheduleTargetInput.fromObject(
          train.holdoutDays === undefined ? {} : { holdoutDays: train.holdoutDays },
        ),
        maxEventAge: Duration.hours(START_AGE_MAX_HOURS),
        retryAttempts: START_RETRIES,
      }),
    });
  }
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
