import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeSignedToken } from '../../core/blocks/signed-token.ts';

const TOKEN_SECRET = 'the-token-secret';
const DEFAULT_KEY = 'DefaultApiKeyOf40CharactersxxxxxxxxxxxxX';
const OTHER_KEY = 'AnotherApiKeyOf40CharactersyyyyyyyyyyyyY';
const NOW_S = 1_800_000_000;

const readSecret = vi.hoisted(() => vi.fn());
vi.mock('../../adapters/secrets/secret-reader.ts', () => ({ readSecret }));
vi.stubEnv('TOKEN_SECRET_ID', 'token-secret');
vi.stubEnv('API_KEY_SECRET_ID', 'api-key-secret');
vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
const { handler } = await import('../../lambdas/api/authorize.ts');

const secrets: Record<string, string> = {
  'token-secret': TOKEN_SECRET,
  'api-key-secret': DEFAULT_KEY,
};

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_S * 1000 });
  readSecret.mockReset();
  readSecret.mockImplementation(async (id: string) => secrets[id]);
});
afterEach(() => {
  vi.useRealTimers();
});

interface Asked {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  placement?: string;
  resource?: string;
}

function ask({ headers = {}, query = {}, placement = 'for-you', resource }: Asked) {
  const event = {
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:eu-west-1:111122223333:abc/api/GET/v1/recommendations/for-you',
    headers,
    queryStringParameters: query,
    pathParameters: { placement },
    ...(resource !== undefined && { resource }),
  };
  return handler(
    event as Partial<APIGatewayRequestAuthorizerEvent> as APIGatewayRequestAuthorizerEvent,
  );
}

function effectOf(answer: Awaited<ReturnType<typeof handler>>): string | undefined {
  return answer.policyDocument.Statement[0]?.Effect;
}

const basic = (text: string) => ({
  Authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});
const tokenFor = (placement: string, customer: string, expiresAtS: number) =>
  makeSignedToken({ placement, customer }, expiresAtS, TOKEN_SECRET);

describe('the authorizer', () => {
  it('passes an x-api-key header on, in whatever case it is written, and asks no other service', async () => {
    for (const name of ['x-api-key', 'X-Api-Key', 'X-API-KEY']) {
      const answer = await ask({ headers: { [name]: OTHER_KEY } });
      expect(answer.usageIdentifierKey).toBe(OTHER_KEY);
      expect(effectOf(answer)).toBe('Allow');
    }
    expect(readSecret).not.toHaveBeenCalled();
  });

  it('never names the key as the principal, which is logged', async () => {
    const answer = await ask({ headers: { 'x-api-key': OTHER_KEY } });
    expect(answer.principalId).not.toContain(OTHER_KEY);
  });

  it.each([
    ['user name', `${OTHER_KEY}:`],
    ['user name beside some password', `${OTHER_KEY}:x`],
    ['password', `:${OTHER_KEY}`],
    ['password beside some user name', `braze:${OTHER_KEY}`],
    ['user name without a colon', OTHER_KEY],
  ])('takes the key from HTTP Basic as %s', async (_, credentials) => {
    const answer = await ask({ headers: basic(credentials) });
    expect(answer.usageIdentifierKey).toBe(OTHER_KEY);
  });

  it('leaves a wrong key to API Gateway, which refuses it', async () => {
    const answer = await ask({ headers: basic('short:wrong') });
    expect(answer.usageIdentifierKey).toBe('wrong');
  });

  it('lets a valid token stand for the default key, on the page and on the rendered block', async () => {
    const token = tokenFor('for-you', 'c-1', NOW_S + 60);
    for (const placement of ['for-you', 'for-you.html']) {
      const answer = await ask({ query: { token, customer: 'c-1' }, placement });
      expect(effectOf(answer)).toBe('Allow');
      expect(answer.usageIdentifierKey).toBe(DEFAULT_KEY);
    }
  });

  it.each([
    ['has expired', tokenFor('for-you', 'c-1', NOW_S)],
    ['is for another customer', tokenFor('for-you', 'c-2', NOW_S + 60)],
    ['is for another placement', tokenFor('popular', 'c-1', NOW_S + 60)],
    ['is no token', 'token'],
  ])('denies a token that %s, and hands out no key', async (_, token) => {
    const answer = await ask({ query: { token, customer: 'c-1' } });
    expect(effectOf(answer)).toBe('Deny');
    expect(answer.usageIdentifierKey).toBeUndefined();
  });

  it('lets a server’s token stand for any customer, but never in a mail', async () => {
    const token = tokenFor('for-you', '*', NOW_S + 60);
    const query = { token, customer: 'c-1' };
    expect(effectOf(await ask({ query }))).toBe('Allow');
    expect(effectOf(await ask({ query, placement: 'popular' }))).toBe('Deny');
    const resource = '/blocks/{placement}/{slot}';
    expect(effectOf(await ask({ query, resource }))).toBe('Deny');
  });

  it('lets a token in a mail stand for its readers’ images, but for no key that can be guessed', async () => {
    const token = tokenFor('for-you', '*reader', NOW_S + 60);
    const query = { token, customer: 'c-1' };
    expect(effectOf(await ask({ query }))).toBe('Deny');
    for (const resource of ['/blocks/{placement}/{slot}', '/blocks/{placement}/{slot}/link']) {
      expect(effectOf(await ask({ query, resource }))).toBe('Allow');
      const guessable = { token, customer: 'a'.repeat(64) };
      expect(effectOf(await ask({ query: guessable, resource }))).toBe('Deny');
      const expired = { ...query, token: tokenFor('for-you', '*reader', NOW_S) };
      expect(effectOf(await ask({ query: expired, resource }))).toBe('Deny');
    }
  });

  it.each([
    ['nothing', {}],
    ['an empty key', { headers: { 'x-api-key': ' ' } }],
    ['an empty Basic', { headers: basic(':') }],
    ['another scheme', { headers: { Authorization: 'Bearer abc' } }],
    ['an empty token', { query: { token: '' } }],
  ])('answers 401 to a request with %s', async (_, asked) => {
    await expect(ask(asked)).rejects.toThrow(/^Unauthorized$/);
  });

  it('fails rather than admits when the token secret cannot be read', async () => {
    readSecret.mockRejectedValue(new Error('secrets are down'));
    const token = tokenFor('for-you', 'c-1', NOW_S + 60);
    await expect(ask({ query: { token, customer: 'c-1' } })).rejects.toThrow('secrets are down');
  });
});
