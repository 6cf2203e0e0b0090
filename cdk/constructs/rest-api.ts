import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  ApiKeySourceType,
  EndpointType,
  type IResource,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  RestApi as RestApiResource,
  Stage,
  type StageOptions,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment, EnvironmentName } from '../environments.ts';
import { acknowledge } from './acknowledgement.ts';
import { addGatewayResponses } from './gateway-responses.ts';

export interface RestApiProps {
  readonly environmentName: EnvironmentName;
  readonly environment: Environment;
}

/**
 * The stage is the version and so the first part of every path: SDKs are told a host alone and add
 * `/v1/…` to it, whatever path the host's address had.
 */
const STAGE_NAME = 'v1';
/**
 * RudderStack's beacons go to `/beacon/v1/batch`. Stages share an API's resources, so that the other
 * paths exist below `/beacon` too; the collector answers only those that it knows.
 */
const BEACON_STAGE_NAME = 'beacon';

/** The one REST API that sites, apps and ESPs call; collector and recommendations add their routes. */
export class RestApi extends Construct {
  readonly api: RestApiResource;
  /** What `/v1` is: the stage's root. */
  readonly v1: IResource;
  /** What `/beacon` is: the root of a stage of its own. */
  readonly beacon: IResource;
  /** The address up to, not including, `/v1`. */
  readonly baseUrl: string;

  constructor(scope: Construct, id: string, props: RestApiProps) {
    super(scope, id);
    const { environment, environmentName } = props;
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const methodOptions: MethodDeploymentOptions = {
      // INFO would log query strings, and with them customer keys.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      metricsEnabled: true,
      throttlingRateLimit: environment.api.stageRateLimit,
      throttlingBurstLimit: environment.api.stageBurstLimit,
    };
    const stageOptions: StageOptions = {
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: accessLogFormat(),
      tracingEnabled: true,
      ...methodOptions,
    };
    this.api = new RestApiResource(this, 'Api', {
      restApiName: `Kindred-${environmentName}`,
      description: 'Kindred: events in, recommendations out',
      endpointTypes: [EndpointType.REGIONAL],
      // Clients gzip bodies under any content type; only bytes that the gateway leaves alone survive.
      binaryMediaTypes: ['*/*'],
      apiKeySourceType: ApiKeySourceType.AUTHORIZER,
      cloudWatchRole: true,
      // The role serves the whole account's API Gateway, so it outlives this stack.
      cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
      deployOptions: {
        stageName: STAGE_NAME,
        ...stageOptions,
        ...gatewayCacheOptions(environment, methodOptions),
      },
    });
    addGatewayResponses(this.api);
    this.v1 = this.api.root;
    this.beacon = this.api.root;
    this.addBeaconStage(stageOptions);
    const { region, urlSuffix } = Stack.of(this);
    this.baseUrl = `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}`;
    acknowledgeFindings(this.api);
  }

  private addBeaconStage(options: StageOptions): void {
    const deployment = this.api.latestDeployment;
    if (deployment === undefined) throw new Error('the API deploys itself, so it has a deployment');
    const stage = new Stage(this, 'BeaconStage', {
      deployment,
      stageName: BEACON_STAGE_NAME,
      ...options,
    });
    acknowledge(stage, {
      finding: 'AwsSolutions-APIG3',
      reason: 'Throttling and usage plans bound the load; a WAF is the operator’s own choice.',
    });
  }
}

/** A proxy integration that costs one permission for all of the function's routes. */
export function functionIntegration(
  handler: IFunction,
  /** What a kept answer is found by, where API Gateway keeps answers; without any it is the path alone. */
  cacheKeyParameters: readonly string[] = [],
): LambdaIntegration {
  return new LambdaIntegration(handler, {
    scopePermissionToMethod: false,
    ...(cacheKeyParameters.length > 0 && { cacheKeyParameters: [...cacheKeyParameters] }),
  });
}

/** The routes whose answers may be kept: no other one's. */
const KEPT_ROUTES = ['/recommendations/{placement}/GET', '/blocks/{placement}/GET'];

/** Settings of single methods take the place of the stage's, so that they repeat them. */
function gatewayCacheOptions(
  { serving }: Environment,
  stage: MethodDeploymentOptions,
): Partial<StageOptions> {
  const { gatewayCache } = serving;
  if (gatewayCache === undefined) return {};
  const kept: MethodDeploymentOptions = {
    ...stage,
    cachingEnabled: true,
    cacheDataEncrypted: true,
    cacheTtl: Duration.seconds(gatewayCache.seconds),
  };
  return {
    cacheClusterEnabled: true,
    cacheClusterSize: String(gatewayCache.sizeGb),
    methodOptions: Object.fromEntries(KEPT_ROUTES.map((route) => [route, kept])),
  };
}

/** Neither addresses, nor user agents, nor paths as called: they would be personal data. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: AccessLogField.contextRequestId(),
      time: AccessLogField.contextRequestTimeEpoch(),
      method: AccessLogField.contextHttpMethod(),
      resource: AccessLogField.contextResourcePath(),
      status: AccessLogField.contextStatus(),
      latencyMs: AccessLogField.contextResponseLatency(),
      integrationLatencyMs: AccessLogField.contextIntegrationLatency(),
      responseBytes: AccessLogField.contextResponseLength(),
      apiKeyId: AccessLogField.contextIdentityApiKeyId(),
      error: AccessLogField.contextErrorResponseType(),
    }),
  );
}

function acknowledgeFindings(api: RestApiResource): void {
  acknowledge(
    api,
    {
      finding: 'AwsSolutions-APIG2',
      reason: 'The functions validate every body with zod and answer by field; models cannot.',
    },
    {
      finding: 'AwsSolutions-APIG3',
      reason: 'Throttling and usage plans bound the load; a WAF is the operator’s own choice.',
    },
    {
      finding:
        'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason: 'API Gateway’s account-wide logging role; AWS documents exactly this policy for it.',
    },
  );
}
