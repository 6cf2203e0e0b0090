import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { intakeAccess } from './intake-access.ts';
import { type FunctionDefaults, NodeFunction } from './node-function.ts';

export interface CurrentsDropProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  /** Tells EventBridge of its objects. */
  readonly bucket: Bucket;
}

/** Where Braze puts its files, below it one folder per source. */
const PREFIX = 'currents/';

/** Lambda's longest: a file of a million events takes about five minutes. */
const TIMEOUT_MINUTES = 15;

/** What a file is told again when the function failed; EventBridge's own bounds are wider. */
const RETRIES = 2;

/** Takes the files of Braze Currents in that arrive below `currents/`. */
export class CurrentsDrop extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: CurrentsDropProps) {
    super(scope, id);
    const { defaults, state, bucket } = props;
    const intake = intakeAccess(state);
    this.function = new NodeFunction(this, 'Currents', {
      defaults,
      entry: 'lambdas/ingest/currents.ts',
      description: 'Takes the files of Braze Currents in and puts their events on the stream',
      memoryMb: defaults.environment.memoryMb.collect,
      timeout: Duration.minutes(TIMEOUT_MINUTES),
      variables: {
        ...intake.variables,
      },
      permissions: [...intake.permissions],
      objects: [...intake.objects, { actions: ['s3:GetObject'], bucket, prefix: PREFIX }],
    }).function;
    new Rule(this, 'FileArrived', {
      description: 'Tells the function of each file of Braze Currents',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: PREFIX }] } },
      },
      targets: [new FunctionTarget(this.function, { retryAttempts: RETRIES })],
    });
  }
}
