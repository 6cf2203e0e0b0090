import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, type IResource } from 'aws-cdk-lib/aws-apigateway';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { intakeAccess } from './intake-access.ts';
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
    const { tables, secrets } = state;
    const intake = intakeAccess(state, { secrets: [secrets.sources] });
    this.function = new NodeFunction(this, 'Webhooks', {
      defaults,
      entry: 'lambdas/ingest/webhooks.ts',
      description: 'Takes the events of ESPs in over their webhooks and puts them on the stream',
      memoryMb: defaults.environment.memoryMb.collect,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        ...intake.variables,
        DEDUPE_TABLE: tables.dedupe.tableName,
        SOURCE_SECRETS_ID: secrets.sources.secretArn,
      },
      permissions: [...intake.permissions, allow(['dynamodb:PutItem'], [tables.dedupe.tableArn])],
      objects: intake.objects,
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
