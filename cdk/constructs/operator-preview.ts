import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, type IResource } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { EXPERIMENT_KIND } from '../../core/experiments/experiment.ts';
import { PLACEMENT_KIND } from '../../core/ranking/placement.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { readsKinds } from './recommendation-api.ts';
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
    const { tables, buckets, secrets } = state;
    const preview = new NodeFunction(this, 'Preview', {
      defaults,
      entry: 'lambdas/api/preview.ts',
      description: 'Shows operators what a customer would get, and why',
      // The same models as those that serve.
      memoryMb: defaults.environment.memoryMb.serve,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        PROFILES_TABLE: tables.profiles.tableName,
        IDENTITIES_TABLE: tables.identities.tableName,
        CATALOGUE_TABLE: tables.catalogue.tableName,
        CONFIG_TABLE: tables.config.tableName,
        MODELS_BUCKET: buckets.models.bucketName,
        IDENTITY_SECRET_ID: secrets.identity.secretArn,
      },
      permissions: [
        allow(
          ['dynamodb:BatchGetItem'],
          [tables.profiles, tables.identities, tables.catalogue].map((table) => table.tableArn),
        ),
        allow(['dynamodb:GetItem'], [tables.config.tableArn]),
        readsKinds(tables.config, [PLACEMENT_KIND, EXPERIMENT_KIND]),
        allow(['secretsmanager:GetSecretValue'], [secrets.identity.secretArn]),
      ],
      objects: [{ actions: ['s3:GetObject'], bucket: buckets.models, prefix: 'models/' }],
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
