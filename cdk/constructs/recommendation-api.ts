import { Duration } from 'aws-cdk-lib';
import {
  ApiKey,
  AuthorizationType,
  type CfnAuthorizer,
  type IResource,
  type IRestApi,
  type Method,
  Period,
  RequestAuthorizer,
} from 'aws-cdk-lib/aws-apigateway';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TEMPLATE_KIND } from '../../core/blocks/block-template.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import { acknowledge } from './acknowledgement.ts';
import { ClickRedirect } from './click-redirect.ts';
import { allow, type FunctionDefaults, NodeFunction } from './node-function.ts';
import { readsKinds, recommendingAccess } from './recommending-access.ts';
import { functionIntegration, type RestApi } from './rest-api.ts';

export interface RecommendationApiProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
  readonly restApi: RestApi;
}

/** Far above the function's own budgets, which answer within ESPs' two seconds; only a cold model load comes near. */
const SERVE_TIMEOUT_S = 15;
/** One call of Secrets Manager at most, with its retries. */
const AUTHORIZE_TIMEOUT_S = 10;

/** `GET /v1/recommendations/{placement}`, `/v1/blocks/{placement}` and `/v1/health`. */
export class RecommendationApi extends Construct {
  readonly serve: LambdaFunction;
  readonly blocks: LambdaFunction;

  constructor(scope: Construct, id: string, props: RecommendationApiProps) {
    super(scope, id);
    const { api, v1 } = props.restApi;
    this.serve = this.serveFunction(props).function;
    this.blocks = this.blocksFunction(props).function;
    const authorizer = this.authorizer(props);
    const { gatewayCache } = props.defaults.environment.serving;
    const isKept = gatewayCache !== undefined;
    const json = v1.addResource('recommendations').addResource('{placement}');
    addKeyedRoute(json, { handler: this.serve, authorizer, isKept });
    const block = v1.addResource('blocks').addResource('{placement}');
    addKeyedRoute(block, { handler: this.blocks, authorizer, isKept });
    const openTime = this.openTimeFunction(props).function;
    const slot = block.addResource('{slot}');
    for (const resource of [slot, slot.addResource('link')]) {
      addKeyedRoute(resource, { handler: openTime, authorizer });
      // Scanners of mails look with it whether there is a page or an image.
      addKeyedRoute(resource, { handler: openTime, authorizer, method: 'HEAD' });
    }
    const health = v1.addResource('health').addMethod('GET', functionIntegration(this.serve));
    this.addHealth(health);
    new ClickRedirect(this, 'Clicks', props);
    this.addUsagePlan(props, api);
  }

  private addHealth(route: Method): void {
    acknowledge(
      route,
      { finding: 'AwsSolutions-APIG4', reason: 'A health check says nothing that needs a key.' },
      { finding: 'AwsSolutions-COG4', reason: 'A health check says nothing that needs a key.' },
    );
  }

  private serveFunction({ defaults, state }: RecommendationApiProps): NodeFunction {
    return new NodeFunction(this, 'Serve', {
      defaults,
      entry: 'lambdas/api/serve.ts',
      description: 'Answers recommendations from profile and model',
      memoryMb: defaults.environment.memoryMb.serve,
      timeout: Duration.seconds(SERVE_TIMEOUT_S),
      ...recommends({ defaults, state }),
    });
  }

  /** Apart from the JSON's, whose bundle carries no templates; each scales by its own traffic. */
  private blocksFunction({ defaults, state }: RecommendationApiProps): NodeFunction {
    const { variables, permissions, objects } = recommends({ defaults, state });
    return new NodeFunction(this, 'Blocks', {
      defaults,
      entry: 'lambdas/api/serve-blocks.ts',
      description: 'Answers blocks: recommendations as HTML, by templates',
      countedAs: 'Serve',
      memoryMb: defaults.environment.memoryMb.serve,
      timeout: Duration.seconds(SERVE_TIMEOUT_S),
      variables,
      permissions: [...permissions, readsKinds(state.tables.config, [TEMPLATE_KIND])],
      objects,
    });
  }

  /** Apart from both: its renderer and fonts are several megabytes. */
  private openTimeFunction({ defaults, state }: RecommendationApiProps): NodeFunction {
    const { variables, permissions, objects } = recommends({ defaults, state });
    const { tables, stream } = state;
    return new NodeFunction(this, 'OpenTime', {
      defaults,
      entry: 'lambdas/api/open-time.ts',
      description: 'Draws the image of a slot when a mail is opened, and leads on from it',
      countedAs: 'Serve',
      memoryMb: defaults.environment.memoryMb.serve,
      timeout: Duration.seconds(SERVE_TIMEOUT_S),
      variables: {
        ...variables,
        SHOWN_TABLE: tables.shown.tableName,
      },
      permissions: [
        ...permissions,
        allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.shown.tableArn]),
        allow(['kinesis:PutRecords'], [stream.stream.streamArn]),
      ],
      objects,
    });
  }

  private authorizer({ defaults, state }: RecommendationApiProps): RequestAuthorizer {
    const { secrets } = state;
    const authorize = new NodeFunction(this, 'Authorize', {
      defaults,
      entry: 'lambdas/api/authorize.ts',
      description: 'Finds the API key of a request in its header, Basic or signed token',
      memoryMb: defaults.environment.memoryMb.authorize,
      timeout: Duration.seconds(AUTHORIZE_TIMEOUT_S),
      variables: {
        TOKEN_SECRET_ID: secrets.token.secretArn,
        API_KEY_SECRET_ID: secrets.apiKey.secretArn,
      },
      permissions: [
        allow(
          ['secretsmanager:GetSecretValue'],
          [secrets.token.secretArn, secrets.apiKey.secretArn],
        ),
      ],
    });
    // An identity source that a request lacks is answered 401 before the function is asked, and here
    // any one of three is enough: so none is named, which the gateway allows only without a cache.
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      handler: authorize.function,
      identitySources: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    (authorizer.node.defaultChild as CfnAuthorizer).addPropertyDeletionOverride('IdentitySource');
    return authorizer;
  }

  private addUsagePlan({ defaults, state }: RecommendationApiProps, api: RestApi['api']): void {
    const limits = defaults.environment.api;
    const plan = api.addUsagePlan('UsagePlan', {
      description: 'The default limits of an API key',
      throttle: { rateLimit: limits.keyRateLimit, burstLimit: limits.keyBurstLimit },
      quota: { limit: limits.keyMonthlyQuota, period: Period.MONTH },
      // CDK's classes don't satisfy its own interfaces under exactOptionalPropertyTypes.
      apiStages: [{ api: api as IRestApi, stage: api.deploymentStage }],
    });
    // The template carries a dynamic reference, which CloudFormation resolves; never the value.
    const key = new ApiKey(this, 'DefaultKey', {
      description: 'The API key made at the first deployment',
      value: state.secrets.apiKey.secretValue.unsafeUnwrap(),
    });
    plan.addApiKey(key);
  }
}

/** What every function needs that answers with recommendations, and may touch for it. */
function recommends({ defaults, state }: Pick<RecommendationApiProps, 'defaults' | 'state'>) {
  const { secrets, stream } = state;
  const { clicks, serving } = defaults.environment;
  const { variables, permissions, objects } = recommendingAccess(state);
  return {
    variables: {
      ...variables,
      CUSTOMER_READ_MS: String(serving.customerReadMs),
      FIRST_MODEL_MS: String(serving.firstModelMs),
      EVENTS_STREAM_NAME: stream.stream.streamName,
      CLICK_SECRET_ID: secrets.click.secretArn,
      CLICK_HOSTS: clicks.allowedHosts.join(','),
      CLICK_DAYS_MAX: String(clicks.linkDaysMax),
    },
    permissions: [
      ...permissions,
      allow(['kinesis:PutRecord'], [stream.stream.streamArn]),
      allow(['secretsmanager:GetSecretValue'], [secrets.click.secretArn]),
    ],
    objects,
  };
}

/**
 * What an answer differs by. The header, because an answer of "not modified" must never reach who has nothing; not the
 * token, which the authorizer has judged before the cache is asked.
 */
const answerKey = [
  'method.request.path.placement',
  'method.request.querystring.customer',
  'method.request.querystring.limit',
  'method.request.querystring.variant',
  'method.request.header.If-None-Match',
];

interface KeyedRoute {
  readonly handler: LambdaFunction;
  readonly authorizer: RequestAuthorizer;
  readonly method?: 'GET' | 'HEAD';
  /** Whether API Gateway may keep its answers, where it keeps any. */
  readonly isKept?: boolean;
}

/** A route that takes an API key, Basic or a signed token. */
function addKeyedRoute(
  resource: IResource,
  { handler, authorizer, method = 'GET', isKept = false }: KeyedRoute,
): void {
  const integration = functionIntegration(handler, isKept ? answerKey : []);
  const route = resource.addMethod(method, integration, {
    authorizer,
    authorizationType: AuthorizationType.CUSTOM,
    apiKeyRequired: true,
    ...(isKept && {
      requestParameters: Object.fromEntries(answerKey.map((name) => [name, /\.path\./.test(name)])),
    }),
  });
  acknowledge(route, {
    finding: 'AwsSolutions-COG4',
    reason: 'ESPs cannot sign in to Cognito; they send an API key, Basic, or a signed token.',
  });
}
