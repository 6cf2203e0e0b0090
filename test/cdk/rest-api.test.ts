import { describe, expect, it } from 'vitest';
import { previewRoute } from '../../lambdas/api/operator-preview.ts';
import { operatorRoutes } from '../../lambdas/api/operator-routes.ts';
import { onlyOf, resourcesOf, synthesizeAll } from './synthesized.ts';

const service = synthesizeAll().get('Kindred-dev');
if (service === undefined) throw new Error('no stack Kindred-dev');

describe('the REST API', () => {
  const api = onlyOf(service, 'AWS::ApiGateway::RestApi').Properties;
  const paths = new Map<string, string>();
  const resources = resourcesOf(service, 'AWS::ApiGateway::Resource');
  for (const [id, { Properties }] of resources) {
    const parent = Properties.ParentId.Ref;
    paths.set(id, `${parent === undefined ? '' : paths.get(parent)}/${Properties.PathPart}`);
  }
  const routes = resourcesOf(service, 'AWS::ApiGateway::Method').map(([, { Properties }]) => ({
    route: `${Properties.HttpMethod} ${paths.get(Properties.ResourceId.Ref)}`,
    properties: Properties,
  }));

  it('leaves every body’s bytes alone and takes the key from the authorizer', () => {
    expect(api).toMatchObject({ BinaryMediaTypes: ['*/*'], ApiKeySourceType: 'AUTHORIZER' });
  });

  it('asks the authorizer about every request, whichever credential it carries', () => {
    const authorizer = onlyOf(service, 'AWS::ApiGateway::Authorizer').Properties;
    expect(authorizer).toMatchObject({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 });
    expect(authorizer).not.toHaveProperty('IdentitySource');
  });

  it('asks for a key exactly where recommendations are', () => {
    const guarded = routes.filter(({ properties }) => properties.ApiKeyRequired === true);
    expect(guarded.map(({ route }) => route).sort()).toEqual([
      'GET /blocks/{placement}',
      'GET /blocks/{placement}/{slot}',
      'GET /blocks/{placement}/{slot}/link',
      'GET /recommendations/{placement}',
      'HEAD /blocks/{placement}/{slot}',
      'HEAD /blocks/{placement}/{slot}/link',
    ]);
    for (const { properties } of guarded) expect(properties.AuthorizationType).toBe('CUSTOM');
  });

  it('lets operators in by IAM alone, at exactly the routes that the functions know', () => {
    const signed = routes.filter(({ properties }) => properties.AuthorizationType === 'AWS_IAM');
    expect(signed.map(({ route }) => route).sort()).toEqual(
      [...operatorRoutes, previewRoute]
        .map(({ method, resource }) => `${method} ${resource}`)
        .sort(),
    );
  });

  it('takes events at the calls’ names and letters, with their preflights', () => {
    const open = routes.filter(({ properties }) => properties.AuthorizationType === 'NONE');
    const names = ['track', 'identify', 'page', 'screen', 'group', 'alias', 'batch', 'import'];
    const calls = [...names, 't', 'i', 'p', 's', 'g', 'a', 'b', 'm'];
    // `v1/batch` is `/beacon/v1/batch`: the stages share the resources.
    const posted = [...calls, 'v1/batch'].map((path) => ['POST', path] as const);
    const asked = ['projects/{writeKey}/settings', 'sourceConfig', 'pixel.gif'];
    const collected = [...posted, ...asked.map((path) => ['GET', path] as const)];
    expect(open.map(({ route }) => route).sort()).toEqual(
      [
        'GET /health',
        'GET /click/{token}',
        'HEAD /click/{token}',
        'GET /schemas',
        'GET /schemas/{name}',
        'POST /webhooks/{esp}',
        ...collected.flatMap(([method, path]) => [`${method} /${path}`, `OPTIONS /${path}`]),
      ].sort(),
    );
  });

  it('answers its own errors as problems that a browser may read', () => {
    const responses = resourcesOf(service, 'AWS::ApiGateway::GatewayResponse');
    const types = responses.map(([, { Properties }]) => Properties.ResponseType);
    expect(types).toEqual(
      expect.arrayContaining([
        'DEFAULT_4XX',
        'DEFAULT_5XX',
        'UNAUTHORIZED',
        'INVALID_API_KEY',
        'THROTTLED',
        'INTEGRATION_TIMEOUT',
      ]),
    );
    for (const [, { Properties }] of responses) {
      expect(Properties.ResponseParameters).toMatchObject({
        'gatewayresponse.header.Content-Type': "'application/problem+json'",
        'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
      });
      const problem = JSON.parse(Properties.ResponseTemplates['application/json']);
      expect(Object.keys(problem)).toEqual(expect.arrayContaining(['type', 'title', 'detail']));
      if (Properties.StatusCode !== undefined) {
        expect(problem.status).toBe(Number(Properties.StatusCode));
      }
    }
  });

  it('answers nothing temporary with a status on which clients drop events', () => {
    for (const [, { Properties }] of resourcesOf(service, 'AWS::ApiGateway::GatewayResponse')) {
      const retry = Properties.ResponseParameters['gatewayresponse.header.Retry-After'];
      if (retry === undefined || Properties.ResponseType === 'DEFAULT_5XX') continue;
      expect(['429', '503']).toContain(Properties.StatusCode);
    }
  });

  it('makes the default key of the secret, never of a value in the template', () => {
    const key = onlyOf(service, 'AWS::ApiGateway::ApiKey').Properties.Value;
    expect(JSON.stringify(key)).toContain('{{resolve:secretsmanager:');
  });

  it('logs no address, user agent or called path', () => {
    const stages = resourcesOf(service, 'AWS::ApiGateway::Stage');
    expect(stages.map(([, { Properties }]) => Properties.StageName).sort()).toEqual([
      'beacon',
      'v1',
    ]);
    for (const [, { Properties }] of stages) {
      expect(Properties.AccessLogSetting.Format).not.toMatch(
        /sourceIp|userAgent|context\.path|authorizer|apiKey\b/,
      );
    }
  });

  it('lets the collector write the counters of rates, and no other configuration', () => {
    const statements = resourcesOf(service, 'AWS::IAM::Policy')
      .filter(([id]) => id.startsWith('Collector'))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    const writing = statements.filter(({ Action }) => Action === 'dynamodb:UpdateItem');
    expect(writing).toMatchObject([
      { Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['sourceRate'] } } },
    ]);
  });
});
