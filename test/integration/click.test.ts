import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Click, makeClickToken } from '../../core/blocks/click-token.ts';
import { collectedEvent } from '../../core/events/event.ts';
import { identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { emailEngagementOf } from '../../core/profile/email-engagement.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

const SECRET = 's'.repeat(64);
const HOUR_S = 3_600;
const PERSON =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

let services: CollectorServices;
let handler: (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;
let seenCount = 0;
beforeAll(async () => {
  services = await startCollectorServices('default-key');
  const { variables } = services;
  Object.assign(process.env, variables, {
    CLICK_SECRET_ID: variables.IDENTITY_SECRET_ID,
    CLICK_HOSTS: 'shop.example,*.shop.example',
    POWERTOOLS_SERVICE_NAME: 'click',
    POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
  });
  const module: { handler: unknown } = await import('../../lambdas/api/click.ts');
  handler = module.handler as typeof handler;
});
afterAll(() => services.stop());
beforeEach(() => {
  services.faults.liftAll();
  seenCount = services.records().length;
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation(() => {});
  }
});

const click: Click = {
  url: 'https://www.shop.example/products/1?ref=mail',
  placement: 'for-you',
  itemId: 'item-1',
  identityRef: identityRef(identityOf('userId', 'ada', SECRET)),
  experiment: 'hero',
  variant: 'b',
  campaign: 'spring',
};

function tokenOf(changes: Partial<Click> = {}, expiresInS = HOUR_S): string {
  const expiresAtS = Math.floor(Date.now() / 1000) + expiresInS;
  return makeClickToken({ ...click, ...changes }, expiresAtS, SECRET);
}

async function follow(
  token: string,
  { method = 'GET', headers = { 'User-Agent': PERSON } as Record<string, string> } = {},
) {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: method,
    headers,
    pathParameters: { token },
  };
  const answer = await handler(event as APIGatewayProxyEvent, { functionName: 'click' } as Context);
  const events = services
    .records()
    .slice(seenCount)
    .map((line) => collectedEvent.parse(JSON.parse(line)));
  return { answer, events };
}

describe('GET /v1/click/{token}', () => {
  it('leads to the shop and records who clicked what', async () => {
    const { answer, events } = await follow(tokenOf());
    expect(answer).toMatchObject({
      statusCode: 302,
      headers: { location: click.url, 'cache-control': 'no-store' },
    });
    expect(events).toMatchObject([
      {
        type: 'track',
        event: 'Block Clicked',
        identities: [identityOf('userId', 'ada', SECRET)],
        properties: {
          placement_id: 'for-you',
          product_id: 'item-1',
          experiment_id: 'hero',
          variation_id: 'b',
          campaign_id: 'spring',
        },
      },
    ]);
    expect(events[0]?.properties).not.toHaveProperty('machine_click');
    expect(JSON.stringify(events)).not.toContain('"ada"');
  });

  it.each<[who: string, reason: string, request: Parameters<typeof follow>[1]]>([
    ['a HEAD', 'head', { method: 'HEAD' }],
    [
      'a browser ahead of its reader',
      'prefetch',
      { headers: { 'User-Agent': PERSON, 'Sec-Purpose': 'prefetch;prerender' } },
    ],
    [
      'an older browser ahead of its reader',
      'prefetch',
      { headers: { 'User-Agent': PERSON, Purpose: 'prefetch' } },
    ],
    ['a preview', 'prefetch', { headers: { 'User-Agent': PERSON, 'X-Purpose': 'preview' } }],
    [
      'a link scanner',
      'scanner',
      { headers: { 'user-agent': 'Mozilla/5.0 (compatible; Barracuda Sentinel)' } },
    ],
    [
      'a bot',
      'scanner',
      {
        headers: {
          'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
        },
      },
    ],
    ['a program', 'scanner', { headers: { 'User-Agent': 'python-requests/2.32' } }],
    ['whoever says nothing of itself', 'scanner', { headers: {} }],
  ])(
    '%s is led on too, recorded as a machine’s, and counts for nothing',
    async (_, reason, request) => {
      const { answer, events } = await follow(tokenOf(), request);
      expect(answer).toMatchObject({ statusCode: 302, headers: { location: click.url } });
      expect(events).toMatchObject([
        { event: 'Block Clicked', properties: { machine_click: true, machine_reason: reason } },
      ]);
      for (const event of events) {
        expect(emailEngagementOf({ ...event, event: 'Email Link Clicked' }).clickCount).toBe(0);
      }
    },
  );

  it.each([
    ['is forged', () => `x${tokenOf()}`, 404],
    ['is no token', () => 'x', 404],
    ['leads to a foreign host', () => tokenOf({ url: 'https://evil.example/' }), 403],
    ['hides its host', () => tokenOf({ url: 'https://shop.example@evil.example/' }), 403],
    ['has expired', () => tokenOf({}, -1), 410],
    ['has expired and leads elsewhere', () => tokenOf({ url: 'https://evil.example/' }, -1), 403],
  ])('that %s is refused, without a redirect or a record', async (_, token, status) => {
    const { answer, events } = await follow(token());
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.body).not.toContain('evil.example');
    expect(events).toEqual([]);
    if (status === 410) expect(answer.body).toContain('<a href="https://www.shop.example">');
  });

  it('of nobody leads on without an event', async () => {
    const { answer, events } = await follow(tokenOf({ identityRef: '' }));
    expect(answer.statusCode).toBe(302);
    expect(events).toEqual([]);
  });

  it.each(['error', 'hang'] as const)('leads on while the stream would %s', async (kind) => {
    services.faults.inject({
      service: 'kinesis',
      action: kind === 'error' ? { kind } : { kind: 'hang' },
    });
    expect((await follow(tokenOf())).answer.statusCode).toBe(302);
  });
});
