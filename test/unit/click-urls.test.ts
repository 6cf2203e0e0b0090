import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { readClickToken } from '../../core/blocks/click-token.ts';
import { templateSamples } from '../../core/blocks/template-samples.ts';
import { emailSha256, identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { type ClickSources, ClickUrls } from '../../lambdas/api/click-urls.ts';
import { NOW_MS } from './small-shop.ts';

const SECRET = 's'.repeat(64);
const [sample] = templateSamples;
if (sample === undefined) throw new Error('there are no samples');
const answer = { ...sample.recommendation, customer: 'ada' };

function asked(changes: { query?: Record<string, string>; headers?: Record<string, string> } = {}) {
  const event: Partial<APIGatewayProxyEvent> = {
    headers: changes.headers ?? { Host: 'api.example' },
    queryStringParameters: changes.query ?? null,
    requestContext: { path: '/v1/blocks/for-you.html' } as APIGatewayProxyEvent['requestContext'],
  };
  return event as APIGatewayProxyEvent;
}

async function linksOf(
  sources: Partial<ClickSources> = {},
  event = asked(),
  recommendation = answer,
  nowMs = NOW_MS,
) {
  const clickUrls = new ClickUrls({
    hosts: ['shop.example'],
    daysMax: 90,
    clickSecret: async () => SECRET,
    identitySecret: async () => SECRET,
    ...sources,
  });
  await clickUrls.ready();
  return clickUrls.apply(recommendation, event, nowMs).items.map(({ click_url }) => click_url);
}

function clickOf(link = '') {
  const verdict = readClickToken(link.split('/').at(-1) ?? '', NOW_MS / 1000, SECRET);
  if (verdict.kind !== 'valid') throw new Error(`the link is ${verdict.kind}`);
  return verdict.click;
}

describe('a link of an answer', () => {
  it('leads by way of us, under the address that the request came to', async () => {
    const [link] = await linksOf();
    expect(link).toMatch(/^https:\/\/api\.example\/v1\/click\/[\w.-]+$/);
    const headers = { host: '127.0.0.1:8080', 'X-Forwarded-Proto': 'http' };
    expect((await linksOf({}, asked({ headers })))[0]).toMatch(/^http:\/\/127\.0\.0\.1:8080\/v1\//);
  });

  it('names the customer by what nobody can read', async () => {
    const sha256 = emailSha256('ada@mail.example');
    const [link = ''] = await linksOf({}, asked(), { ...answer, customer: sha256 });
    expect(clickOf(link).identityRef).toBe(
      identityRef(identityOf('email', 'ada@mail.example', SECRET)),
    );
    const [, payload = ''] = /click\/([\w-]+)\./.exec(link) ?? [];
    expect(Buffer.from(payload, 'base64url').toString()).not.toContain(sha256);
    expect(clickOf((await linksOf({}, asked(), { ...answer, customer: '' }))[0]).identityRef).toBe(
      '',
    );
  });

  it('says which mailing it is of, where that is an id', async () => {
    const of = async (campaign: string) =>
      clickOf((await linksOf({}, asked({ query: { campaign } })))[0]).campaign;
    expect(await of('spring-26')).toBe('spring-26');
    expect(await of('ada@mail.example')).toBe('');
    expect(await of('x'.repeat(101))).toBe('');
  });

  it('stays the same through a day, and works for as many as it should', async () => {
    const morning = Date.parse('2026-11-23T00:00:00Z');
    const evening = Date.parse('2026-11-23T23:59:59Z');
    const [first = ''] = await linksOf({}, asked(), answer, morning);
    expect((await linksOf({}, asked(), answer, evening))[0]).toBe(first);
    const token = first.split('/').at(-1) ?? '';
    const kindAfter = (days: number) =>
      readClickToken(token, evening / 1000 + days * 86_400, SECRET).kind;
    expect(kindAfter(90)).toBe('valid');
    expect(kindAfter(91)).toBe('expired');
  });

  it.each<[when: string, sources: Partial<ClickSources>, event?: APIGatewayProxyEvent]>([
    ['no host is named', { hosts: [] }],
    ['its host is another', { hosts: ['other.example'] }],
    ['a secret can’t be read', { clickSecret: () => Promise.reject(new Error('ECONNRESET')) }],
    ['a secret is not there in time', { identitySecret: () => new Promise(() => {}) }],
    ['the request names no host', {}, asked({ headers: { Host: 'a b/c' } })],
  ])('is the shop’s own where %s', async (_, sources, event = asked()) => {
    expect(await linksOf(sources, event)).toEqual(answer.items.map(({ url }) => url));
  });

  it('is the shop’s own where mail programs would cut ours', async () => {
    const url = `https://shop.example/${'a'.repeat(1_600)}`;
    const items = answer.items.map((item) => ({ ...item, url, click_url: url }));
    expect(new Set(await linksOf({}, asked(), { ...answer, items }))).toEqual(new Set([url]));
  });
});
