/** The serving functions over stores on the wire, for tests: everything is cleared and cold before each. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest';
import { type Recommendation, recommendation } from '../../core/blocks/recommendation.ts';
import { identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { did, itemNumber, NOW_MS, smallModel } from '../unit/small-shop.ts';
import { ServingStores } from './serving-stores.ts';

export type Handler = (
  event: APIGatewayProxyEvent,
  context: Context,
) => Promise<APIGatewayProxyResult>;

export const SECRET = 's'.repeat(64);
export const lax = { excludeBoughtWithinDays: 0, onlyAvailable: true, onlyWithImage: false };
export const stores = new ServingStores();
export let handler: Handler;
/** The blocks' own function; it starts with its first request. */
let blocksHandler: Handler | undefined;
/** What the function has written, line by line. */
export let output: string[];

beforeAll(async () => {
  stores.secret = SECRET;
  Object.assign(process.env, await stores.start(), {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    PROFILES_TABLE: 'profiles',
    IDENTITIES_TABLE: 'identities',
    CATALOGUE_TABLE: 'catalogue',
    CONFIG_TABLE: 'config',
    MODELS_BUCKET: 'models',
    IDENTITY_SECRET_ID: 'identity-secret',
    CLICK_SECRET_ID: 'click-secret',
    CLICK_HOSTS: '',
    CLICK_DAYS_MAX: '90',
    CUSTOMER_READ_MS: '250',
    FIRST_MODEL_MS: '1500',
    EVENTS_STREAM_NAME: 'events',
    POWERTOOLS_SERVICE_NAME: 'serve',
    POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
    // Powertools then writes to the console that this test listens to.
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_METRICS_DISABLED: 'false',
  });
});
afterAll(() => stores.stop());

beforeEach(async () => {
  stores.clear();
  publish();
  putProfile('profile-ada', { recent: [did('view', 5)] });
  link('userId', 'ada', 'profile-ada');
  link('email', 'ada@mail.example', 'profile-ada');
  for (let index = 0; index < 40; index += 1) putItem(index);
  output = [];
  const write = (line: unknown) => output.push(String(line));
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation(write);
  }
  await coldStart();
});

/** A process of its own, as far as a module can be one: nothing is remembered from before. */
export async function coldStart(): Promise<void> {
  vi.resetModules();
  const module: { handler: unknown } = await import('../../lambdas/api/serve.ts');
  handler = module.handler as Handler;
  blocksHandler = undefined;
}

/** As the gateway's routes do. */
async function functionFor(path: string): Promise<Handler> {
  if (!path.startsWith('/v1/blocks/')) return handler;
  if (blocksHandler === undefined) {
    const module: { handler: unknown } = await import('../../lambdas/api/serve-blocks.ts');
    blocksHandler = module.handler as Handler;
  }
  return blocksHandler;
}

export function publish(model = smallModel(40), id = model.id): void {
  for (const [name, bytes] of encodeModel(model)) {
    stores.objects.set(`/models/models/${id}/${name}`, bytes);
  }
  stores.put('config', ['kind', 'id'], {
    kind: 'model',
    id: 'pointer',
    current: id,
    version: 1,
    publishedAt: '2026-11-23T02:05:00Z',
  });
}

export function putProfile(profileId: string, changes: object): void {
  stores.put('profiles', ['profileId'], {
    schemaVersion: 1,
    profileId,
    version: 1,
    identities: [],
    traits: {},
    recent: [],
    orders: { count: 0, revenueMinor: {}, refundCount: 0, refundedMinor: {} },
    email: { openCount: 0, clickCount: 0 },
    eventCount: 1,
    firstSeenMs: NOW_MS,
    lastSeenMs: NOW_MS,
    evidence: { lanes: {}, messages: '' },
    ...changes,
  });
}

export function link(kind: 'userId' | 'email', value: string, profileId: string): void {
  const identity = identityRef(identityOf(kind, value, SECRET));
  stores.put('identities', ['identity'], { identity, profileId });
}

export function putItem(index: number, changes: object = {}): void {
  stores.put('catalogue', ['itemId'], { ...itemNumber(index), ...changes });
}

export async function get(
  path: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<APIGatewayProxyResult> {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: 'GET',
    requestContext: { path } as APIGatewayProxyEvent['requestContext'],
    headers,
    queryStringParameters: query,
  };
  const asked = await functionFor(path);
  return asked(event as APIGatewayProxyEvent, { functionName: 'serve' } as Context);
}

/** Fetches a recommendation and holds it to the contract: 200, full, every key. */
export async function recommend(
  placement: string,
  query: Record<string, string> = {},
): Promise<Recommendation> {
  const response = await get(`/v1/recommendations/${placement}`, query);
  expect(response.statusCode).toBe(200);
  expect(response.headers?.['content-type']).toBe('application/json; charset=utf-8');
  const answer = JSON.parse(response.body);
  expect(recommendation.strict().parse(answer)).toEqual(answer);
  expect(answer.items).toHaveLength(Number(query.limit ?? 12));
  return answer;
}

export function metric(name: string): number[] {
  return output
    .filter((line) => line.includes('"_aws"'))
    .map((line) => JSON.parse(line))
    .flatMap((line) => (name in line ? [line[name]].flat() : []));
}
