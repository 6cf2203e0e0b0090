import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge, xrayHasNoResources } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';

export interface ReplayWorkflowProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** A step's minute of work and its last chunk, with room for a slow one. */
const STEP_TIMEOUT_MIN = 4;
/** It holds a chunk of calls and one line of a lake file at a time. */
const MEMORY_MB = 512;

/** The state machine that replays quarantined calls and the lake's events, and its one function. */
export class ReplayWorkflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { defaults, state }: ReplayWorkflowProps) {
    super(scope, id);
    const step = this.step({ defaults, state });
    const file = join(defaults.root, 'statemachines', 'replay.asl.json');
    const log = new LogGroup(this, 'Log', {
      logGroupName: `/aws/vendedlogs/states/kindred-${defaults.environmentName}-replay`,
      retention: defaults.environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromString(readFileSync(file, 'utf8')),
      definitionSubstitutions: { ReplayFunctionArn: step.function.functionArn },
      comment: 'Sends quarantined calls, failed batches or events of the lake again',
      // Payloads are ids, never data, so logging them is safe.
      logs: { destination: log, level: LogLevel.ALL, includeExecutionData: true },
      tracingEnabled: true,
    });
    this.stateMachine.addToRolePolicy(
      allow(['lambda:InvokeFunction'], [step.function.functionArn]),
    );
    acknowledge(this.stateMachine.role, {
      ...xrayHasNoResources,
      reason: 'X-Ray’s and the log delivery’s actions accept no resource but *.',
    });
  }

  private step({ defaults, state }: ReplayWorkflowProps): NodeFunction {
    const { stream, buckets, tables, secrets } = state;
    const { failures, quarantine, lake } = buckets;
    return new NodeFunction(this, 'Replay', {
      defaults,
      entry: 'lambdas/ingest/replay.ts',
      description:
        'Replays quarantined calls, failed batches or events of the lake, a minute at a time',
      memoryMb: MEMORY_MB,
      timeout: Duration.minutes(STEP_TIMEOUT_MIN),
      variables: {
        EVENTS_STREAM_NAME: stream.stream.streamName,
        QUARANTINE_BUCKET: quarantine.bucketName,
        LAKE_BUCKET: lake.bucketName,
        FAILURES_BUCKET: failures.bucketName,
        CONFIG_TABLE: tables.config.tableName,
        IDENTITY_SECRET_ID: secrets.identity.secretArn,
      },
      permissions: [
        allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
        allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.config.tableArn]),
        allow(['secretsmanager:GetSecretValue'], [secrets.identity.secretArn]),
      ],
      objects: [
        { actions: ['s3:GetObject', 's3:DeleteObject'], bucket: quarantine, prefix: 'quarantine/' },
        { actions: ['s3:PutObject'], bucket: quarantine, prefix: 'replayed/' },
        { actions: ['s3:GetObject', 's3:PutObject'], bucket: quarantine, prefix: 'replays/' },
        { actions: ['s3:GetObject'], bucket: lake, prefix: 'raw/' },
        ...['aws/lambda/', 'identities/', 'poison/'].map((prefix) => ({
          actions: ['s3:GetObject', 's3:DeleteObject'],
          bucket: failures,
          prefix,
        })),
      ],
    });
  }
}
