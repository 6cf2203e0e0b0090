import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { recommendation } from '../../core/blocks/recommendation.ts';
import { identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { did, itemNumber, NOW_MS, smallModel } from '../unit/small-shop.ts';
import { type Mood, ServingStores } from './serving-stores.ts';

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

const SECRET = 's'.repeat(64);
const SEED = 20_261_128;
const REQUESTS = 10_000;
const AT_ONCE = 50;
const CUSTOMERS = 200;
/** One request in eight to a store fares badly. */
const FAULT_SHARE = 0.125;
const faults: Mood[] = ['refuse', 'hang', 'throttle', 'error'];

const stores = new ServingStores();
let handler: Handler;

beforeAll(async () => {
  stores.secret = SECRET;
  Object.assign(process.env, await stores.start(), {
    ...{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    ...{ PROFILES_TABLE: 'profiles', IDENTITIES_TABLE: 'identities', CONFIG_TABLE: 'config' },
    ...{ CATALOGUE_TABLE: 'catalogue', MODELS_BUCKET: 'models', IDENTITY_SECRET_ID: 'identity' },
    ...{
      CLICK_SECRET_ID: 'click',
      CLICK_HOSTS: '',
      CUSTOMER_READ_MS: '250',
      FIRST_MODEL_MS: '1500',
      CLICK_DAYS_MAX: '90',
      EVENTS_STREAM_NAME: 'events',
    },
    ...{ POWERTOOLS_SERVICE_NAME: 'serve', POWERTOOLS_METRICS_NAMESPACE: 'Kindred' },
  });
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation(() => {});
  }
  for (let index = 0; index < 40; index += 1) {
    stores.put('catalogue', ['itemId'], itemNumber(index));
  }
  for (let index = 0; index < CUSTOMERS; index += 1) addCustomer(index);
  publish('sound-0', false);
  const module: { handler: unknown } = await import('../../lambdas/api/serve.ts');
  handler = module.handler as Handler;
});
afterAll(() => stores.stop());

function addCustomer(index: number): void {
  const profileId = `profile-${index}`;
  stores.put('profiles', ['profileId'], {
    ...{ schemaVersion: 1, profileId, version: 1, identities: [], traits: {} },
    recent: [did('view', index % 40), did('purchase', (index + 7) % 40, 3)],
    orders: { count: 0, revenueMinor: {}, refundCount: 0, refundedMinor: {} },
    email: { openCount: 0, clickCount: 0 },
    ...{ eventCount: 1, firstSeenMs: NOW_MS, lastSeenMs: NOW_MS },
    evidence: { lanes: {}, messages: '' },
  });
  const identity = identityRef(identityOf('userId', `customer-${index}`, SECRET));
  stores.put('identities', ['identity'], { identity, profileId });
}

function publish(id: string, isDamaged: boolean): void {
  for (const [name, bytes] of encodeModel({ ...smallModel(40), id })) {
    const stored = isDamaged && name === 'model.bin' ? bytes.map((byte) => byte ^ 1) : bytes;
    stores.objects.set(`/models/models/${id}/${name}`, stored);
  }
  stores.put('config', ['kind', 'id'], {
    ...{ kind: 'model', id: 'pointer', current: id, version: 1 },
    publishedAt: '2026-11-23T02:05:00Z',
  });
}

it('through 10,000 requests of failing, hanging, throttled stores and damaged models every answer is 200, full, and says its rungs', async () => {
  const random = seededRandom(SEED);
  stores.nextMood = () =>
    random() < FAULT_SHARE ? (faults[Math.floor(random() * faults.length)] ?? 'error') : 'well';
  const placements = ['for-you', 'cart-recovery', 'price-drops', 'popular', 'no-such'];
  const sources = new Map<string, number>();
  // As many are under way at any time: none waits for the slowest of a round.
  let begun = 0;
  const askOn = async () => {
    while (begun < REQUESTS) {
      if (begun % 1_000 === 0) publish(`model-${begun}`, begun % 2_000 === 0);
      begun += 1;
      const customer = `customer-${Math.floor(random() * CUSTOMERS * 1.1)}`;
      const limit = 1 + Math.floor(random() * 24);
      const placement = placements[Math.floor(random() * placements.length)] ?? '';
      const source = await ask(placement, customer, limit);
      sources.set(source, (sources.get(source) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  expect([...sources.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
  // Many were answered personally all the same, how many depends on the machine; and the faults were real.
  expect(sources.get('personal') ?? 0).toBeGreaterThan(REQUESTS / 100);
  expect(sources.get('popular') ?? 0).toBeGreaterThan(0);
}, 300_000); // A store that hangs is let go of by its budget; without budgets this would take hours.

/** The source of one answer, which is held to the contract. */
async function ask(placement: string, customer: string, limit: number): Promise<string> {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: 'GET',
    requestContext: {
      path: `/v1/recommendations/${placement}`,
    } as APIGatewayProxyEvent['requestContext'],
    headers: {},
    queryStringParameters: { customer, limit: String(limit) },
  };
  const response = await handler(event as APIGatewayProxyEvent, {} as Context);
  expect(response.statusCode).toBe(200);
  const answer = recommendation.strict().parse(JSON.parse(response.body));
  expect(answer.items).toHaveLength(limit);
  expect(new Set(answer.items.map(({ item_id }) => item_id)).size).toBe(limit);
  return answer.source;
}
