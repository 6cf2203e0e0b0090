import { Duration } from 'aws-cdk-lib';
import { AuthorizationType } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { functionIntegration, type RestApi } from './rest-api.ts';

export interface ClickRedirectProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  readonly restApi: RestApi;
}

/** One read of a secret at a cold start, and one put of a second at most. */
const TIMEOUT_S = 10;

/** `GET` and `HEAD /v1/click/{token}`: the links in mails. */
export class ClickRedirect extends Construct {
  constructor(scope: Construct, id: string, { defaults, state, restApi }: ClickRedirectProps) {
    super(scope, id);
    const { stream, secrets } = state;
    const { environment } = defaults;
    const click = new NodeFunction(this, 'Click', {
      defaults,
      entry: 'lambdas/api/click.ts',
      description: 'Records the clicks on links in mails and leads on to the shop',
      countedAs: 'Serve',
      memoryMb: environment.memoryMb.authorize,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        EVENTS_STREAM_NAME: stream.stream.streamName,
        CLICK_SECRET_ID: secrets.click.secretArn,
        CLICK_HOSTS: environment.clicks.allowedHosts.join(','),
      },
      permissions: [
        allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
        allow(['secretsmanager:GetSecretValue'], [secrets.click.secretArn]),
      ],
    });
    const resource = restApi.v1.addResource('click').addResource('{token}');
    const integration = functionIntegration(click.function);
    const reason = 'Readers of a mail have no key; the token is signed and says all there is.';
    for (const method of ['GET', 'HEAD']) {
      acknowledge(
        resource.addMethod(method, integration, { authorizationType: AuthorizationType.NONE }),
        { finding: 'AwsSolutions-APIG4', reason },
        { finding: 'AwsSolutions-COG4', reason },
      );
    }
  }
}
