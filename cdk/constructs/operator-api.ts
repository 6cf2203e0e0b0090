import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, type IResource } from 'aws-cdk-lib/aws-apigateway';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { TEMPLATE_KIND } from '../../core/blocks/block-template.ts';
import { EXPERIMENT_KIND } from '../../core/experiments/experiment.ts';
import { PLACEMENT_KIND } from '../../core/ranking/placement.ts';
import { POINTER_KIND } from '../../core/training/model-pointer.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { functionIntegration } from './rest-api.ts';

export interface OperatorApiProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  /** The resource `/v1`. */
  readonly v1: IResource;
  readonly replay: StateMachine;
  readonly erase: StateMachine;
  readonly exportCustomer: StateMachine;
  readonly exportRecommendations: StateMachine;
}

/** The routes of lambdas/api/operator-routes.ts; a test holds the two together. */
export const OPERATOR_ROUTES = [
  ['GET', '/quarantine'],
  ['POST', '/quarantine/replay'],
  ['GET', '/quarantine/replays/{replayId}'],
  ['POST', '/quarantine/replays/{replayId}/resume'],
  ['GET', '/sources/{sourceId}/events'],
  ['GET', '/quality/reports'],
  ['GET', '/quality/reports/{suiteId}/{day}'],
  ['GET', '/customers/{id}'],
  ['DELETE', '/customers/{id}'],
  ['POST', '/customers/{id}/exports'],
  ['GET', '/exports/{exportId}'],
  ['GET', '/erasures/{erasureId}'],
  ['POST', '/erasures/{erasureId}/resume'],
  ['GET', '/erasures/{erasureId}/certificate'],
  ['GET', '/experiments'],
  ['GET', '/experiments/{experimentId}'],
  ['PUT', '/experiments/{experimentId}'],
  ['GET', '/experiments/{experimentId}/results'],
  ['GET', '/models'],
  ['GET', '/models/{modelId}'],
  ['POST', '/models/rollback'],
  ['GET', '/placements'],
  ['GET', '/placements/{id}'],
  ['PUT', '/placements/{id}'],
  ['POST', '/recommendation-exports'],
  ['GET', '/recommendation-exports/{exportId}'],
  ['GET', '/templates'],
  ['GET', '/templates/{templateId}'],
  ['PUT', '/templates/{templateId}'],
] as const;

/** Under API Gateway's 29 s, so that the function's own answer arrives before the gateway's. */
const TIMEOUT_S = 25;
const MEMORY_MB = 512;

/** What operators call, signed by IAM: a resource per route, so that policies can name each. */
export class OperatorApi extends Construct {
  constructor(scope: Construct, id: string, props: OperatorApiProps) {
    super(scope, id);
    const { defaults, state, v1, replay, erase, exportCustomer, exportRecommendations } = props;
    const { quarantine, privacy, lake, models } = state.buckets;
    const { inspector, identities, profiles, config } = state.tables;
    const { secrets } = state;
    const operate = new NodeFunction(this, 'Operate', {
      defaults,
      entry: 'lambdas/api/operate.ts',
      description:
        'Answers operators: the quarantine, its replays, what became of events, audits, customers’ rights, models, experiments, placements, templates, exports',
      memoryMb: MEMORY_MB,
      timeout: Duration.seconds(TIMEOUT_S),
      variables: {
        QUARANTINE_BUCKET: quarantine.bucketName,
        REPLAY_STATE_MACHINE_ARN: replay.stateMachineArn,
        INSPECTOR_TABLE: inspector.tableName,
        LAKE_BUCKET: lake.bucketName,
        MODELS_BUCKET: models.bucketName,
        PRIVACY_BUCKET: privacy.bucketName,
        IDENTITIES_TABLE: identities.tableName,
        PROFILES_TABLE: profiles.tableName,
        CONFIG_TABLE: config.tableName,
        ERASE_STATE_MACHINE_ARN: erase.stateMachineArn,
        EXPORT_STATE_MACHINE_ARN: exportCustomer.stateMachineArn,
        EXPORT_RECOMMENDATIONS_STATE_MACHINE_ARN: exportRecommendations.stateMachineArn,
        IDENTITY_SECRET_ID: secrets.identity.secretArn,
        CERTIFICATE_SECRET_ID: secrets.certificate.secretArn,
      },
      permissions: [
        allow(
          ['states:StartExecution'],
          [replay, erase, exportCustomer, exportRecommendations].map(
            (machine) => machine.stateMachineArn,
          ),
        ),
        allow(['dynamodb:BatchGetItem'], [identities.tableArn, profiles.tableArn]),
        allow(
          ['secretsmanager:GetSecretValue'],
          [secrets.identity.secretArn, secrets.certificate.secretArn],
        ),
        allow(['dynamodb:Query'], [inspector.tableArn, config.tableArn]),
        allow(['dynamodb:GetItem'], [config.tableArn]),
        writesDocuments(config, [POINTER_KIND, EXPERIMENT_KIND, PLACEMENT_KIND, TEMPLATE_KIND]),
      ],
      objects: [
        { actions: ['s3:GetObject'], bucket: quarantine, prefix: 'quarantine/' },
        { actions: ['s3:GetObject', 's3:PutObject'], bucket: quarantine, prefix: 'replays/' },
        { actions: ['s3:GetObject'], bucket: lake, prefix: 'quality/' },
        { actions: ['s3:GetObject'], bucket: lake, prefix: 'experiments/' },
        { actions: ['s3:GetObject'], bucket: lake, prefix: 'export-work/' },
        { actions: ['s3:GetObject', 's3:PutObject'], bucket: privacy, prefix: 'erasures/' },
        { actions: ['s3:GetObject', 's3:PutObject'], bucket: privacy, prefix: 'exports/' },
        { actions: ['s3:GetObject'], bucket: privacy, prefix: 'certificates/' },
        { actions: ['s3:GetObject'], bucket: models, prefix: 'models/' },
      ],
    });
    const integration = functionIntegration(operate.function);
    for (const [method, path] of OPERATOR_ROUTES) {
      const route = v1
        .resourceForPath(path)
        .addMethod(method, integration, { authorizationType: AuthorizationType.IAM });
      acknowledge(route, {
        finding: 'AwsSolutions-COG4',
        reason:
          'Operators are people and programs with AWS credentials; IAM says who may call what.',
      });
    }
  }
}

/** Of the configuration these kinds alone: sources and keys are not this function's to write. */
function writesDocuments(config: Table, kinds: readonly string[]): PolicyStatement {
  const statement = allow(['dynamodb:PutItem'], [config.tableArn]);
  statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:LeadingKeys': kinds });
  return statement;
}
