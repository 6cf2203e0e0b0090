import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { allowMapChildren } from './map-children.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { ScheduledStart } from './scheduled-start.ts';
import { Workflow } from './workflow.ts';

export interface RecommendationExportsProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Lambda's own maximum; a step ends by itself well before it. */
const STEP_TIMEOUT_MIN = 15;

/** Recommendation lists as files: the state machine, its one function, and its schedule where there is one. */
export class RecommendationExports extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: RecommendationExportsProps) {
    super(scope, id);
    const { defaults } = props;
    const workflow = new Workflow(this, 'Workflow', {
      defaults,
      name: 'export-recommendations',
      comment: 'Writes recommendation lists of customers and of items to files',
      steps: [this.step(props)],
    });
    this.stateMachine = workflow.stateMachine;
    allowMapChildren(this, 'Children', this.stateMachine);
    const { exports } = defaults.environment;
    if (exports === undefined) return;
    new ScheduledStart(this, 'ScheduledStart', {
      description: 'Exports recommendation lists',
      schedule: exports.schedule,
      isEnabled: exports.scheduleEnabled,
      stateMachine: this.stateMachine,
      input: { placement: exports.placement },
    });
  }

  private step({ defaults, state }: RecommendationExportsProps): NodeFunction {
    const { buckets, tables } = state;
    return new NodeFunction(this, 'ExportLists', {
      defaults,
      entry: 'lambdas/recommend/export-lists-step.ts',
      description: 'Writes recommendation lists of a part of the customers, or of the items',
      memoryMb: defaults.environment.memoryMb.export,
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      variables: {
        LAKE_BUCKET: buckets.lake.bucketName,
        MODELS_BUCKET: buckets.models.bucketName,
        CATALOGUE_TABLE: tables.catalogue.tableName,
        CONFIG_TABLE: tables.config.tableName,
        PROFILES_TABLE: tables.profiles.tableName,
        IDENTITIES_TABLE: tables.identities.tableName,
      },
      permissions: [
        allow(
          ['dynamodb:Scan', 'dynamodb:BatchGetItem', 'dynamodb:DescribeTable'],
          [tables.profiles.tableArn],
        ),
        allow(['dynamodb:BatchGetItem'], [tables.catalogue.tableArn]),
        allow(['dynamodb:GetItem'], [tables.config.tableArn]),
      ],
      objects: [
        { bucket: buckets.models, prefix: 'models/', actions: ['s3:GetObject'] },
        {
          bucket: buckets.lake,
          prefix: 'exports/',
          actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        },
        {
          bucket: buckets.lake,
          prefix: 'export-work/',
          actions: ['s3:GetObject', 's3:PutObject'],
        },
      ],
    });
  }
}
