import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { intakeAccess } from './intake-access.ts';
import { allowMapChildren } from './map-children.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { Workflow } from './workflow.ts';

export interface FileDropProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** Where files arrive, below it one folder per source. */
const PREFIX = 'drop/';

/** Lambda's own maximum: a step reads as long as it may, the next one goes on. */
const SPLIT_TIMEOUT_MIN = 15;
/** A chunk takes seconds; a full stream may keep it waiting. */
const CHUNK_TIMEOUT_MIN = 5;
const SHORT_TIMEOUT_MIN = 2;

/** A whole processor; reading itself keeps to a third of the memory. */
const SPLIT_MEMORY_MB = 1_769;
/** A chunk of 4 MB, parsed and encoded. */
const CHUNK_MEMORY_MB = 512;
/** The marks of eight million events, once. */
const MANIFEST_MEMORY_MB = 512;
const PLAN_MEMORY_MB = 256;

/** Files dropped below `drop/<source>/` become events or items: a workflow from the file to its manifest. */
export class FileDrop extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: FileDropProps) {
    super(scope, id);
    const bucket = props.state.buckets.drop;
    const workflow = new Workflow(this, 'Workflow', {
      defaults: props.defaults,
      name: 'import-file',
      comment: 'A dropped file into events',
      steps: [this.plan(props), this.split(props), this.chunk(props), this.manifest(props)],
    });
    this.stateMachine = workflow.stateMachine;
    allowMapChildren(this, 'ChildrenPolicy', this.stateMachine);
    new Rule(this, 'FileArrived', {
      description: 'Starts an import for each file that arrives',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: PREFIX }] } },
      },
      targets: [new SfnStateMachine(this.stateMachine)],
    });
  }

  private plan({ defaults, state }: FileDropProps): NodeFunction {
    const { buckets, tables } = state;
    return new NodeFunction(this, 'ImportPlan', {
      defaults,
      entry: 'lambdas/ingest/import-plan.ts',
      description: 'Decides what is to be done about a file that was dropped',
      memoryMb: PLAN_MEMORY_MB,
      timeout: Duration.minutes(SHORT_TIMEOUT_MIN),
      variables: {
        DROP_BUCKET: buckets.drop.bucketName,
        CONFIG_TABLE: tables.config.tableName,
      },
      permissions: [allow(['dynamodb:GetItem'], [tables.config.tableArn])],
      objects: [
        { bucket: buckets.drop, prefix: PREFIX, actions: ['s3:GetObject'] },
        { bucket: buckets.drop, prefix: 'manifests/', actions: ['s3:GetObject', 's3:PutObject'] },
        { bucket: buckets.drop, prefix: 'work/', actions: ['s3:PutObject'] },
      ],
    });
  }

  private split({ defaults, state }: FileDropProps): NodeFunction {
    const bucket = state.buckets.drop;
    return new NodeFunction(this, 'ImportSplit', {
      defaults,
      entry: 'lambdas/ingest/import-split.ts',
      description: 'Reads a dropped file and cuts it into chunks of calls',
      memoryMb: SPLIT_MEMORY_MB,
      timeout: Duration.minutes(SPLIT_TIMEOUT_MIN),
      variables: { DROP_BUCKET: bucket.bucketName },
      permissions: [],
      objects: [
        { bucket, prefix: PREFIX, actions: ['s3:GetObject'] },
        { bucket, prefix: 'ledger/', actions: ['s3:GetObject'] },
        { bucket, prefix: 'feeds/', actions: ['s3:GetObject'] },
        { bucket, prefix: 'work/', actions: ['s3:GetObject', 's3:PutObject'] },
        { bucket, prefix: 'rejects/', actions: ['s3:PutObject'] },
      ],
    });
  }

  private chunk({ defaults, state }: FileDropProps): NodeFunction {
    const { buckets, tables } = state;
    const intake = intakeAccess(state, { config: ['dynamodb:Query'] });
    return new NodeFunction(this, 'ImportChunk', {
      defaults,
      entry: 'lambdas/ingest/import-chunk.ts',
      description: 'Takes a chunk of a dropped file in and puts its events on the stream',
      memoryMb: CHUNK_MEMORY_MB,
      timeout: Duration.minutes(CHUNK_TIMEOUT_MIN),
      variables: {
        ...intake.variables,
        DROP_BUCKET: buckets.drop.bucketName,
        CATALOGUE_TABLE: tables.catalogue.tableName,
      },
      permissions: [
        ...intake.permissions,
        allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [tables.catalogue.tableArn]),
      ],
      objects: [
        { bucket: buckets.drop, prefix: 'work/', actions: ['s3:GetObject', 's3:PutObject'] },
        ...intake.objects,
      ],
    });
  }

  private manifest({ defaults, state }: FileDropProps): NodeFunction {
    const bucket = state.buckets.drop;
    return new NodeFunction(this, 'ImportManifest', {
      defaults,
      entry: 'lambdas/ingest/import-manifest.ts',
      description: 'Tells beside a dropped file what became of its rows',
      memoryMb: MANIFEST_MEMORY_MB,
      timeout: Duration.minutes(CHUNK_TIMEOUT_MIN),
      variables: { DROP_BUCKET: bucket.bucketName },
      permissions: [],
      objects: [
        { bucket, prefix: 'work/', actions: ['s3:GetObject'] },
        { bucket, prefix: 'ledger/', actions: ['s3:PutObject'] },
        { bucket, prefix: 'feeds/', actions: ['s3:GetObject', 's3:PutObject'] },
        { bucket, prefix: 'manifests/', actions: ['s3:PutObject'] },
      ],
    });
  }
}
