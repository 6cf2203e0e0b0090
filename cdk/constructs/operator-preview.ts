import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, type IResource } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { type FunctionDefaults, NodeFunction } from './node-function.ts';
import { recommendingAccess } from './recommending-access.ts';
import { functionIntegration } from './rest-api.ts';

export interface OperatorPreviewProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  /** The resource `/v1`. */
  readonly v1: IResource;
}

/** The route of lambdas/api/operator-preview.ts; a test holds the two together. */
const PREVIEW_PATH = '/placements/{id}/preview';

/** Under API Gateway's 29 s, so that the function's own answer arrives before the gateway's. */
const TIMEOUT_S = 25;

/**
 * `GET /v1/placements/{id}/preview`, signed by IAM: apart from the operators' other routes, so that neither of the two
 * functions may do what only the other one needs. This one may read what serving reads, and write nothing.
 */
export class OperatorPreview extends Construct {
  constructor(scope: Construct, id: string, { defaults, state, v1 }: OperatorPreviewProps) {
    super(scope, id);
    const preview = new NodeFunction(this, 'Preview', {
      defaults,
      entry: 'lambdas/api/preview.ts',
      description: 'Shows operators what a customer would get, and why',
      // The same models as those that serve.
      memoryMb: defaults.environment.memoryMb.serve,
      timeout: Duration.seconds(TIMEOUT_S),
      ...recommendingAccess(state),
    });
    const route = v1
      .resourceForPath(PREVIEW_PATH)
      .addMethod('GET', functionIntegration(preview.function), {
        authorizationType: AuthorizationType.IAM,
      });
    acknowledge(route, {
      finding: 'AwsSolutions-COG4',
      reason: 'Operators are people and programs with AWS credentials; IAM says who may call what.',
    });
  }
}
