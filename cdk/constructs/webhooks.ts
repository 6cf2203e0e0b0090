import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, type IResource } from 'aws-cdk-lib/aws-apigateway';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { functionIntegration } from './rest-api.ts';

export interface WebhooksProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  /** The resource `/v1`. */
  readonly v1: IResource;
}

/** ESPs wait 4 to 30 s for an answer; a request that takes longer is sent again. */
const TIMEOUT_S = 15;

/** `POST /v1/webhooks/{esp}`: takes the ESPs' events in, each checked as its ESP signs. */
export class Webhooks extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    const { defaults, state } = props;
    const { stream, buckets, tables, secrets } = state;
    this.function = new NodeFunction(this, 'Webhooks', {
      defaults,
      entry: 'lambdas/ingest/webhooks.ts',
      description: 'Takes the events of ESPs in over their webhooks and puts them on the stream',
      memoryMb: defaults.environment.memoryMb.collect,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        EVENTS_STREAM_NAME: stream.stream.streamName,
        QUARANTINE_BUCKET: buckets.quarantine.bucketName,
        CONFIG_TABLE: tables.config.tableName,
        INSPECTOR_TABLE: tables.inspector.tableName,
        DEDUPE_TABLE: tables.dedupe.tableName,
        IDENTITY_SECRET_ID: secrets.identity.secretArn,
        SOURCE_SECRETS_ID: secrets.sources.secretArn,
      },
      permissions: [
        allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
        allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.config.tableArn]),
        allow(['dynamodb:BatchWriteItem'], [tables.inspector.tableArn]),
        allow(['dynamodb:PutItem'], [tables.dedupe.tableArn]),
        allow(
          ['secretsmanager:GetSecretValue'],
          [secrets.identity.secretArn, secrets.sources.secretArn],
        ),
      ],
      objects: [{ actions: ['s3:PutObject'], bucket: buckets.quarantine, prefix: 'quarantine/' }],
    }).function;
    const route = props.v1
      .addResource('webhooks')
      .addResource('{esp}')
      .addMethod('POST', functionIntegration(this.function), {
        authorizationType: AuthorizationType.NONE,
      });
    const reason = 'ESPs sign the body or send a secret of their own; the function checks either.';
    acknowledge(
      route,
      { finding: 'AwsSolutions-APIG4', reason },
      { finding: 'AwsSolutions-COG4', reason },
    );
  }
}
