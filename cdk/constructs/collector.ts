import { Duration } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib/aws-apigateway';
import { AuthorizationType, type LambdaIntegration } from 'aws-cdk-lib/aws-apigateway';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { intakeAccess } from './intake-access.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { functionIntegration } from './rest-api.ts';

export interface CollectorProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  /** The resource `/v1`. */
  readonly v1: IResource;
  /** The resource `/beacon`. */
  readonly beacon: IResource;
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

/**
 * `POST /v1/{track,…}`: takes events in, acknowledges them once Kinesis has them. Beside it what SDKs ask
 * for first, and the image for pages and emails without scripts.
 */
export class Collector extends Construct {
  readonly function: LambdaFunction;
  private readonly integration: LambdaIntegration;

  constructor(scope: Construct, id: string, props: CollectorProps) {
    super(scope, id);
    const { defaults, state } = props;
    const { tables, secrets } = state;
    const intake = intakeAccess(state, { secrets: [secrets.writeKey] });
    this.function = new NodeFunction(this, 'Collect', {
      defaults,
      entry: 'lambdas/ingest/collect.ts',
      description: 'Takes events in over HTTP, validates them and puts them on the stream',
      memoryMb: defaults.environment.memoryMb.collect,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        ...intake.variables,
        WRITE_KEY_SECRET_ID: secrets.writeKey.secretArn,
      },
      permissions: [...intake.permissions, countRates(tables.config.tableArn)],
      objects: intake.objects,
    }).function;
    this.integration = functionIntegration(this.function);
    this.addRoutes(props);
  }

  private addRoutes({ v1, beacon }: CollectorProps): void {
    for (const call of CALLS) this.addRoute(v1.addResource(call), 'POST');
    this.addRoute(beacon.addResource('v1').addResource('batch'), 'POST');
    const project = v1.addResource('projects').addResource('{writeKey}');
    this.addRoute(project.addResource('settings'), 'GET');
    this.addRoute(v1.addResource('sourceConfig'), 'GET');
    this.addRoute(v1.addResource('pixel.gif'), 'GET');
  }

  private addRoute(resource: IResource, method: 'GET' | 'POST'): void {
    for (const taken of [method, 'OPTIONS']) {
      // The write key comes by Basic, header, body or query, and preflights carry none: only the
      // function can tell, so the gateway lets all through.
      const route = resource.addMethod(taken, this.integration, {
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

/** Writes the items that count sources' rates, and none of the documents beside them. */
function countRates(configTableArn: string): PolicyStatement {
  const statement = allow(['dynamodb:UpdateItem'], [configTableArn]);
  statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:LeadingKeys': ['sourceRate'] });
  return statement;
}
