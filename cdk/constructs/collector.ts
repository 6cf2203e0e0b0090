import { Duration } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib/aws-apigateway';
import { AuthorizationType } from 'aws-cdk-lib/aws-apigateway';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { functionIntegration } from './rest-api.ts';

export interface CollectorProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  /** The resource `/v1`. */
  readonly v1: IResource;
}

/** Segment's calls by their names, as servers send them, and by their letters, as browsers do. */
const CALLS = [
  'track',
  'identify',
  'page',
  'screen',
  'group',
  'alias',
  'batch',
  'import',
  // The browser SDK sends first letters, and `m` for its own metrics.
  ...['t', 'i', 'p', 's', 'g', 'a', 'b', 'm'],
] as const;

/** Under API Gateway's 29 s, so that the function's own answer arrives before the gateway's. */
const TIMEOUT_S = 25;

/** `POST /v1/{track,…}`: takes events in, acknowledges them once Kinesis has them. */
export class Collector extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: CollectorProps) {
    super(scope, id);
    const { defaults, state } = props;
    const { stream, buckets, tables, secrets } = state;
    this.function = new NodeFunction(this, 'Collect', {
      defaults,
      entry: 'lambdas/ingest/collect.ts',
      description: 'Takes events in over HTTP, validates them and puts them on the stream',
      memoryMb: defaults.environment.memoryMb.collect,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        EVENTS_STREAM_NAME: stream.stream.streamName,
        QUARANTINE_BUCKET: buckets.quarantine.bucketName,
        CONFIG_TABLE: tables.config.tableName,
        INSPECTOR_TABLE: tables.inspector.tableName,
        IDENTITY_SECRET_ID: secrets.identity.secretArn,
        WRITE_KEY_SECRET_ID: secrets.writeKey.secretArn,
      },
      permissions: [
        allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
        allow(['dynamodb:GetItem'], [tables.config.tableArn]),
        allow(['dynamodb:BatchWriteItem'], [tables.inspector.tableArn]),
        allow(
          ['secretsmanager:GetSecretValue'],
          [secrets.identity.secretArn, secrets.writeKey.secretArn],
        ),
      ],
      objects: [{ actions: ['s3:PutObject'], bucket: buckets.quarantine, prefix: 'quarantine/' }],
    }).function;
    this.addRoutes(props.v1);
  }

  private addRoutes(v1: IResource): void {
    const integration = functionIntegration(this.function);
    for (const call of CALLS) {
      const resource = v1.addResource(call);
      for (const method of ['POST', 'OPTIONS']) {
        // The write key comes by Basic, header, body or query, and preflights carry none: only the
        // function can tell, so the gateway lets all through.
        const route = resource.addMethod(method, integration, {
          authorizationType: AuthorizationType.NONE,
        });
        acknowledge(
          route,
          {
            finding: 'AwsSolutions-APIG4',
            reason: 'The function checks the write key, which may stand in the body.',
          },
          {
            finding: 'AwsSolutions-COG4',
            reason: 'Sites and servers authenticate by write key, as the Segment API has it.',
          },
        );
      }
    }
  }
}
