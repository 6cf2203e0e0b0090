import { describe, expect, it } from 'vitest';
import { judge } from '../../local/gateway/authorizer.ts';
import { gatewayAnswer } from '../../local/gateway/gateway-response.ts';
import { type GatewayRequest, proxyEvent } from '../../local/gateway/proxy-event.ts';
import { answerOf } from '../../local/gateway/proxy-response.ts';
import type { ApiMethod, RestApi } from '../../local/gateway/rest-api.ts';
import { Routes } from '../../local/gateway/routes.ts';
import { QuotaCounter, TokenBucket } from '../../local/gateway/throttle.ts';

/** An API whose resources are the paths given; each takes GET. */
function apiOf(...paths: string[]): RestApi {
  const resources = new Map([
    ['/', { id: '/', parentId: undefined as string | undefined, pathPart: '' }],
  ]);
  const methods: ApiMethod[] = [];
  for (const path of paths) {
    const parts = path.split('/').filter((part) => part !== '');
    for (const [index, pathPart] of parts.entries()) {
      const id = `/${parts.slice(0, index + 1).join('/')}`;
      const parentId = index === 0 ? '/' : `/${parts.slice(0, index).join('/')}`;
      resources.set(id, { id, parentId, pathPart });
    }
    methods.push({
      resourceId: path,
      httpMethod: 'GET',
      requiresApiKey: false,
      authorizerId: undefined,
      requiresIam: false,
      integration: { kind: 'mock', status: 200, headers: {}, body: '' },
    });
  }
  return {
    id: 'api1',
    name: 'Api',
    apiKeySource: 'HEADER',
    binaryMediaTypes: [],
    resources,
    methods,
    authorizers: new Map(),
    gatewayResponses: new Map(),
    stages: [],
  };
}

const request: GatewayRequest = {
  requestId: 'r1',
  method: 'GET',
  path: '/v1/a%20b',
  query: new URLSearchParams('x=1&x=2&y=z'),
  headers: [
    ['Content-Type', 'application/json'],
    ['X-Many', 'a'],
    ['X-Many', 'b'],
  ],
  body: Buffer.from('{"a":"é"}'),
  sourceIp: '127.0.0.1',
  receivedAtMs: Date.UTC(2026, 10, 23, 14, 0, 0),
  protocol: 'HTTP/1.1',
};

describe('routes', () => {
  const routes = new Routes(apiOf('/v1/blocks/{placement}', '/v1/blocks/health', '/v1/{rest+}'));
  const match = (path: string) => routes.match('GET', path.split('/').slice(1));

  it('a word wins over a parameter, a parameter over the rest', () => {
    expect(match('/v1/blocks/health')?.resourcePath).toBe('/v1/blocks/health');
    expect(match('/v1/blocks/for-you.html')?.pathParameters).toEqual({ placement: 'for-you.html' });
    expect(match('/v1/other/deep')?.pathParameters).toEqual({ rest: 'other/deep' });
    expect(match('/v2')).toBeUndefined();
    expect(routes.match('POST', ['v1', 'blocks', 'health'])).toBeUndefined();
  });

  it('a parameter is decoded', () => {
    expect(match('/v1/blocks/a%20b')?.pathParameters).toEqual({ placement: 'a b' });
  });
});

describe('the event of a proxy integration', () => {
  const route = new Routes(apiOf('/v1/{name}')).match('GET', ['v1', 'a%20b']);
  const event = (binaryMediaTypes: string[], asked: GatewayRequest = request) =>
    proxyEvent(asked, {
      apiId: 'api1',
      accountId: '000000000000',
      stage: 'api',
      stageVariables: {},
      binaryMediaTypes,
      route: route!,
      authorizer: { principalId: 'p' },
      apiKey: undefined,
    });

  it('holds single and multiple values, parameters and the request’s context', () => {
    expect(event([])).toMatchObject({
      resource: '/v1/{name}',
      httpMethod: 'GET',
      headers: { 'X-Many': 'b' },
      multiValueHeaders: { 'X-Many': ['a', 'b'] },
      queryStringParameters: { x: '2', y: 'z' },
      multiValueQueryStringParameters: { x: ['1', '2'], y: ['z'] },
      pathParameters: { name: 'a b' },
      stageVariables: null,
      requestContext: {
        stage: 'api',
        apiId: 'api1',
        requestId: 'r1',
        path: '/api/v1/a%20b',
        requestTime: '23/Nov/2026:14:00:00 +0000',
        identity: { sourceIp: '127.0.0.1', apiKey: null },
        authorizer: { principalId: 'p' },
      },
    });
  });

  it('says how the request came in, whatever the client said of that', () => {
    const forged = [
      ['Host', '127.0.0.1:4000'],
      ['x-forwarded-proto', 'https'],
      ['X-Forwarded-For', '203.0.113.7'],
    ] as const;
    expect(event([], { ...request, headers: forged }).headers).toEqual({
      Host: '127.0.0.1:4000',
      'X-Forwarded-For': '203.0.113.7, 127.0.0.1',
      'X-Forwarded-Port': '4000',
      'X-Forwarded-Proto': 'http',
    });
  });

  it('a body is text, or base64 where its type is binary', () => {
    expect(event(['image/*'])).toMatchObject({ body: '{"a":"é"}', isBase64Encoded: false });
    for (const type of ['*/*', 'application/json', 'application/*']) {
      expect(event([type])).toMatchObject({
        body: request.body.toString('base64'),
        isBase64Encoded: true,
      });
    }
  });
});

describe('the answer of a proxy integration', () => {
  it('joins single and multiple headers, and keeps those that are the gateway’s own apart', () => {
    const answer = answerOf(
      JSON.stringify({
        statusCode: 201,
        headers: { ETag: '"1"', Date: 'never' },
        multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
        body: 'text',
      }),
      undefined,
      [],
    );
    expect(answer).toMatchObject({
      status: 201,
      headers: { etag: '"1"', 'set-cookie': ['a=1', 'b=2'], 'x-amzn-remapped-date': 'never' },
    });
    expect(answer?.headers).not.toHaveProperty('date');
  });

  it('base64 is undone for binary types alone', () => {
    const payload = JSON.stringify({
      statusCode: 200,
      body: Buffer.from('é').toString('base64'),
      isBase64Encoded: true,
    });
    expect(answerOf(payload, undefined, ['*/*'])?.body.toString()).toBe('é');
    expect(answerOf(payload, 'image/png, */*', ['image/png'])?.body.toString()).toBe('é');
    expect(answerOf(payload, 'text/html', ['image/png'])?.body.toString()).toBe('w6k=');
  });

  it.each([
    ['null'],
    ['"text"'],
    ['{}'],
    ['{"statusCode":"abc"}'],
    ['{"statusCode":200,"body":{}}'],
  ])('one in a wrong form is none: %s', (payload) =>
    expect(answerOf(payload, undefined, [])).toBeUndefined(),
  );
});

describe('the gateway’s own answers', () => {
  const context = { requestId: 'r1' };

  it('are AWS’s when the template says nothing', () => {
    expect(gatewayAnswer(apiOf(), 'MISSING_AUTHENTICATION_TOKEN', context)).toMatchObject({
      status: 403,
      body: '{"message":"Missing Authentication Token"}',
    });
    expect(gatewayAnswer(apiOf(), 'INTEGRATION_TIMEOUT', context).status).toBe(504);
    expect(gatewayAnswer(apiOf(), 'REQUEST_TOO_LARGE', context).status).toBe(413);
  });

  it('take the template’s form for their type, else for their class', () => {
    const api = apiOf();
    const headers = { 'Content-Type': 'application/problem+json' };
    api.gatewayResponses.set('THROTTLED', {
      type: 'THROTTLED',
      status: 420,
      headers,
      template: '{"detail":$context.error.messageString,"of":"$context.error.responseType"}',
    });
    api.gatewayResponses.set('DEFAULT_5XX', {
      type: 'DEFAULT_5XX',
      status: undefined,
      headers,
      template: '{"id":"${context.requestId}"}',
    });
    expect(gatewayAnswer(api, 'THROTTLED', context)).toMatchObject({
      status: 420,
      headers: { 'content-type': 'application/problem+json' },
      body: '{"detail":"Too Many Requests","of":"THROTTLED"}',
    });
    expect(gatewayAnswer(api, 'INTEGRATION_TIMEOUT', context)).toMatchObject({
      status: 504,
      body: '{"id":"r1"}',
    });
    expect(gatewayAnswer(api, 'UNAUTHORIZED', context).body).toBe('{"message":"Unauthorized"}');
  });
});

describe('an authorizer’s policy', () => {
  const methodArn = 'arn:aws:execute-api:eu-west-1:000000000000:api1/api/GET/v1/blocks/for-you';
  const answer = (...statements: object[]) =>
    JSON.stringify({
      principalId: 'p',
      policyDocument: { Version: '2012-10-17', Statement: statements },
      context: { level: 3 },
      usageIdentifierKey: 'key',
    });
  const statement = (effect: string, resource: string) => ({
    Effect: effect,
    Action: 'execute-api:Invoke',
    Resource: [resource],
  });

  it('allows what a pattern covers, and hands on context and key', () => {
    expect(judge(answer(statement('Allow', '*:api1/api/GET/*')), methodArn)).toEqual({
      kind: 'allowed',
      principalId: 'p',
      context: { level: '3' },
      usageIdentifierKey: 'key',
    });
  });

  it('denies what nothing allows, and what is denied beside being allowed', () => {
    expect(judge(answer(statement('Allow', '*/POST/*')), methodArn).kind).toBe('denied');
    const both = answer(statement('Allow', '*'), statement('Deny', methodArn));
    expect(judge(both, methodArn)).toMatchObject({ kind: 'denied', message: /explicit deny/u });
  });

  it('is malformed without a principal', () => {
    expect(judge('{"policyDocument":{"Statement":[]}}', methodArn).kind).toBe('malformed');
  });
});

describe('limits', () => {
  it('a bucket gives its burst at once and its rate over time', () => {
    const bucket = new TokenBucket({ ratePerSecond: 2, burst: 3 }, 0);
    expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([true, true, true, false]);
    expect(bucket.take(499)).toBe(false);
    expect(bucket.take(1000)).toBe(true);
    expect([9000, 9000, 9000, 9000].map((at) => bucket.take(at))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('a quota begins anew with its period', () => {
    const quota = new QuotaCounter({ limit: 1, period: 'DAY' });
    const day = Date.UTC(2026, 10, 23, 23, 59);
    expect([day, day, day + 60_000].map((at) => quota.take(at))).toEqual([true, false, true]);
  });
});
