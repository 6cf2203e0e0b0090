import { Duration } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib/aws-apigateway';
import { AuthorizationType } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgement.ts';
import { type FunctionDefaults, NodeFunction } from './node-function.ts';
import { functionIntegration } from './rest-api.ts';

export interface SchemaApiProps {
  readonly defaults: FunctionDefaults;
  /** The resource `/v1`. */
  readonly v1: IResource;
}

/** It reads a document out of its own bundle. */
const MEMORY_MB = 128;
const TIMEOUT_S = 5;

/** `GET /v1/schemas` and `GET /v1/schemas/{name}`. */
export class SchemaApi extends Construct {
  constructor(scope: Construct, id: string, { defaults, v1 }: SchemaApiProps) {
    super(scope, id);
    const { function: handler } = new NodeFunction(this, 'Schemas', {
      defaults,
      entry: 'lambdas/api/schemas.ts',
      description: 'Shows the JSON Schemas of the built-in events',
      memoryMb: MEMORY_MB,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {},
      permissions: [],
    });
    const integration = functionIntegration(handler);
    const schemas = v1.addResource('schemas');
    const reason =
      'The schemas of the built-in events are public, as the specs they come from are.';
    for (const resource of [schemas, schemas.addResource('{name}')]) {
      const route = resource.addMethod('GET', integration, {
        authorizationType: AuthorizationType.NONE,
      });
      acknowledge(
        route,
        { finding: 'AwsSolutions-APIG4', reason },
        { finding: 'AwsSolutions-COG4', reason },
      );
    }
  }
}
