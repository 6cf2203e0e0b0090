import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readClickToken } from '../../core/blocks/click-token.ts';
import { type Recommendation, recommendation } from '../../core/blocks/recommendation.ts';
import { applyFacts, type CatalogueEntry } from '../../core/catalogue/catalogue-entry.ts';
import { feedFactOf, removalOf } from '../../core/catalogue/feed-item.ts';
import { storedFormOf } from '../../core/catalogue/stored-entry.ts';
import { emailSha256, identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { did, itemNumber, NOW_MS, placementNamed, smallModel } from '../unit/small-shop.ts';
import { type Mood, ServingStores } from './serving-stores.ts';

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

const SECRET = 's'.repeat(64);
const lax = { excludeBoughtWithinDays: 0, onlyAvailable: true, onlyWithImage: false };
const stores = new ServingStores();
let handler: Handler;
/** The blocks' own function; it starts with its first request. */
let blocksHandler: Handler | undefined;
let output: string[];

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
async function coldStart(): Promise<void> {
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

function publish(model = smallModel(40), id = model.id): void {
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

function putProfile(profileId: string, changes: object): void {
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

function link(kind: 'userId' | 'email', value: string, profileId: string): void {
  const identity = identityRef(identityOf(kind, value, SECRET));
  stores.put('identities', ['identity'], { identity, profileId });
}

function putItem(index: number, changes: object = {}): void {
  stores.put('catalogue', ['itemId'], { ...itemNumber(index), ...changes });
}

async function get(
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
async function recommend(
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

function metric(name: string): number[] {
  return output
    .filter((line) => line.includes('"_aws"'))
    .map((line) => JSON.parse(line))
    .flatMap((line) => (name in line ? [line[name]].flat() : []));
}

describe('GET /v1/recommendations/{placement}', () => {
  it('folds the customer in and says why', async () => {
    const answer = await recommend('for-you', { customer: 'ada' });
    expect(answer).toMatchObject({
      placement: 'for-you',
      customer: 'ada',
      source: 'personal',
      model: '2026-11-23T02:00:00Z-3f9a',
    });
    expect(answer.items[0]).toMatchObject({
      item_id: 'item-6',
      price_text: '£16.00',
      reason: 'similar to Item 5 you viewed',
    });
    expect(metric('RecommendationsServed')).toEqual([1]);
    expect(metric('FallbackServed')).toEqual([0]);
    expect(metric('ModelAgeHours')).toHaveLength(1);
  });

  it('knows the customer by what an ESP can compute', async () => {
    const customer = emailSha256(' ADA@mail.example');
    expect((await recommend('for-you', { customer })).source).toBe('personal');
  });

  it('follows a merged profile to the one that lives', async () => {
    stores.put('profiles', ['profileId'], {
      profileId: 'profile-old',
      mergedInto: 'profile-ada',
      version: 3,
    });
    link('userId', 'ada-old', 'profile-old');
    expect((await recommend('for-you', { customer: 'ada-old' })).source).toBe('personal');
  });

  it('changes with an order of a moment ago', async () => {
    const before = await recommend('for-you', { customer: 'ada', limit: '4' });
    const bought = before.items[0]?.item_id ?? '';
    const recent = [{ itemId: bought, kind: 'purchase', timeMs: Date.now() }, did('view', 5)];
    putProfile('profile-ada', { version: 2, recent });
    const after = await recommend('for-you', { customer: 'ada', limit: '4' });
    expect(after.items.map(({ item_id }) => item_id)).not.toContain(bought);
  });

  it('refuses an email address without a trace of it in answer, header, log or metric', async () => {
    const response = await get('/v1/recommendations/for-you', { customer: 'ada@mail.example' });
    expect(response.statusCode).toBe(200);
    expect(JSON.stringify(response)).toContain('email address was refused');
    expect(JSON.stringify(response)).not.toContain('mail.example');
    expect(output.join()).not.toContain('mail.example');
  });

  it('escapes what a catalogue says', async () => {
    putItem(6, { title: '<b onclick="x()">Mug</b> & more', url: 'javascript:alert(1)' });
    const { items } = await recommend('for-you', { customer: 'ada' });
    expect(items[0]).toMatchObject({
      title: '<b onclick="x()">Mug</b> & more',
      title_html: '&lt;b onclick=&quot;x()&quot;&gt;Mug&lt;/b&gt; &amp; more',
      url: '',
      click_url: '',
    });
    const block = await get('/v1/blocks/for-you.html', { customer: 'ada' });
    expect(block.body).not.toMatch(/<b onclick|javascript:/);
  });

  it('counts strangers and placements that nobody defined, and serves them', async () => {
    expect((await recommend('for-you', { customer: 'nobody' })).reason).toContain('unknown');
    expect((await recommend('no-such')).reason).toContain('no placement of this name');
    expect(metric('UnknownCustomer')).toEqual([1, 0]);
    expect(metric('UnknownPlacement')).toEqual([0, 1]);
    expect(metric('FallbackServed')).toEqual([1, 0]);
  });

  it('shows nothing that a feed has taken away, and the price in force', async () => {
    const nowMs = Date.now();
    const said = (index: number, fields: object, timeMs: number) =>
      feedFactOf({ itemId: `item-${index}`, timeMs, fields });
    const put = (...facts: ReturnType<typeof said>[]) => {
      let entry: CatalogueEntry | undefined;
      for (const fact of facts) entry = applyFacts(entry, [fact]) ?? entry;
      if (entry !== undefined) stores.put('catalogue', ['itemId'], storedFormOf(entry));
    };
    const title = { title: 'Mug', price: 9, currency: 'EUR' };
    put(said(6, title, nowMs - 9), feedFactOf(removalOf('item-6', nowMs)));
    put(said(7, title, nowMs - 9), said(7, { price: 12, currency: 'EUR' }, nowMs));
    const { items } = await recommend('for-you', { customer: 'ada' });
    expect(items.map(({ item_id }) => item_id)).not.toContain('item-6');
    expect(items[0]).toMatchObject({ item_id: 'item-7', price: 12, currency: 'EUR' });
  });

  it('carries what caches and people need', async () => {
    const path = '/v1/recommendations/popular';
    const first = await get(path);
    expect(first.headers).toMatchObject({
      'cache-control': 'private, max-age=300',
      etag: expect.stringMatching(/^"[\w-]{27}"$/),
      'server-timing': expect.stringMatching(/sources;dur=[\d.]+, catalogue;dur=/),
    });
    const etag = String(first.headers?.etag);
    const again = await get(path, {}, { 'If-None-Match': `W/"other", ${etag}` });
    expect(again).toMatchObject({ statusCode: 304, body: '', headers: { etag } });
    expect((await get(path, {}, { 'if-none-match': '"other"' })).statusCode).toBe(200);
    putItem(0, { available: false });
    await coldStart();
    expect((await get(path)).headers?.etag).not.toBe(etag);
  });
});

describe('a placement that operators edited', () => {
  const edit = (changes: object) => {
    const { placement } = placementNamed('popular');
    const document = { ...placement, version: 7, ...changes };
    stores.put('config', ['kind', 'id'], {
      ...{ kind: 'placement', id: document.id, version: 7, text: JSON.stringify(document) },
    });
  };

  it('answers in the place of the bundled one', async () => {
    edit({ rules: { ...lax, pin: [{ itemId: 'item-20', place: 2 }] }, maxAgeSeconds: 11 });
    await coldStart();
    const response = await get('/v1/recommendations/popular');
    expect(response.headers?.['cache-control']).toBe('private, max-age=11');
    const { items } = JSON.parse(response.body);
    expect(items[1]).toMatchObject({ item_id: 'item-20', rung: 'pinned' });
    expect(items[0]).toMatchObject({ item_id: 'item-0', rung: 'popular' });
  });

  it('that is damaged leaves the bundled one, and is counted', async () => {
    edit({ ladder: [] });
    await coldStart();
    expect((await recommend('popular')).items[0]?.rung).toBe('popular');
    expect(metric('PlacementReadFailed')).toEqual([1]);
  });

  it('whose rules leave out everything gets static content, full', async () => {
    edit({ rules: { ...lax, exclude: { brands: ['Brand'] } } });
    await coldStart();
    const { items, source } = await recommend('popular');
    expect(source).toBe('static');
    expect(items.every(({ rung }) => rung === 'static')).toBe(true);
  });
});

describe('GET /v1/blocks/{placement}.html', () => {
  it.each(['/v1/blocks/for-you.html', '/v1/blocks/for-you'])(
    '%s is the same as HTML',
    async (path) => {
      const response = await get(path, { customer: 'ada', limit: '3' });
      expect(response.statusCode).toBe(200);
      expect(response.headers?.['content-type']).toBe('text/html; charset=utf-8');
      expect(response.body).toContain('Picked for you');
      expect(response.body.match(/<img /g)).toHaveLength(3);
      expect(response.body).toContain('similar to Item 5 you viewed');
    },
  );
});

describe('a link of an answer', () => {
  const links = async (path: string) => {
    const response = await get(
      path,
      { customer: 'ada', campaign: 'spring' },
      { Host: 'api.example' },
    );
    return response.body.match(/https:\/\/api\.example\/v1\/click\/[\w.-]+/g) ?? [];
  };

  it('leads by way of us where its host is one of the shop’s, in JSON and HTML alike', async () => {
    vi.stubEnv('CLICK_HOSTS', 'shop.example');
    await coldStart();
    putItem(6, { url: 'https://elsewhere.example/6' });
    const { items } = await recommend('for-you', { customer: 'ada' });
    expect(items[0]).toMatchObject({ item_id: 'item-6', click_url: 'https://elsewhere.example/6' });
    const [json, html] = [
      await links('/v1/recommendations/for-you'),
      await links('/v1/blocks/for-you.html'),
    ];
    expect(json).toHaveLength(11);
    // Picture and title lead to the same.
    expect([...new Set(html)]).toEqual(json);
    const token = json[0]?.split('/').at(-1) ?? '';
    expect(readClickToken(token, Date.now() / 1000, SECRET)).toMatchObject({
      kind: 'valid',
      click: {
        placement: 'for-you',
        campaign: 'spring',
        url: expect.stringContaining('https://shop.example/'),
        identityRef: identityRef(identityOf('userId', 'ada', SECRET)),
      },
    });
    // So that the entity stays the same.
    expect(await links('/v1/recommendations/for-you')).toEqual(json);
    vi.unstubAllEnvs();
  });
});

describe('GET /v1/health', () => {
  it('says which model answers', async () => {
    const response = await get('/v1/health');
    expect(JSON.parse(response.body)).toMatchObject({ status: 'ok', items: 40 });
  });
});

describe('with broken stores', () => {
  const moods: Mood[] = ['refuse', 'hang', 'throttle', 'error'];
  const parts = ['dynamodb', 's3', 'secrets'] as const;
  const cases = parts.flatMap((store) => moods.map((mood) => [store, mood] as const));

  it.each(cases)(
    '%s that would %s from the start leaves every answer full',
    async (store, mood) => {
      stores.moods[store] = mood;
      await coldStart();
      for (const placement of ['for-you', 'recently-viewed', 'popular']) {
        await recommend(placement, { customer: 'ada', limit: '5' });
      }
      const html = await get('/v1/blocks/for-you.html', { customer: 'ada' });
      expect(html.statusCode).toBe(200);
      expect(html.body).toContain('<table');
      expect(output.join()).not.toContain('"ada"');
    },
  );

  it.each(moods)(
    'DynamoDB that begins to %s leaves the model in memory to answer',
    async (mood) => {
      expect((await recommend('for-you', { customer: 'ada' })).source).toBe('personal');
      stores.moods.dynamodb = mood;
      const during = await recommend('for-you', { customer: 'ada' });
      expect(during.source).toBe('trending');
      expect(during.reason).toContain('could not be looked up in time');
      expect(metric('FallbackServed')).toEqual([0, 1]);
      stores.moods.dynamodb = 'well';
      expect((await recommend('for-you', { customer: 'ada' })).source).toBe('personal');
    },
  );

  it('a damaged model is counted, and the ladder goes on without it', async () => {
    const key = '/models/models/2026-11-23T02:00:00Z-3f9a/model.bin';
    stores.objects.set(
      key,
      (stores.objects.get(key) ?? new Uint8Array()).map((byte) => byte ^ 1),
    );
    await coldStart();
    const answer = await recommend('for-you', { customer: 'ada' });
    expect(answer.source).toBe('recent');
    expect(answer.items[0]?.item_id).toBe('item-5');
    expect(answer.model).toBe('');
    expect(metric('ModelLoadFailed')).toEqual([1]);
  });

  it('a pointer to a model that is not there is counted as well', async () => {
    stores.objects.clear();
    await coldStart();
    expect((await recommend('popular')).source).toBe('static');
    expect(metric('ModelLoadFailed')).toEqual([1]);
  });

  it('a request that nobody foresaw gets static content', async () => {
    const requestContext = {
      path: '/v1/recommendations/for-you',
    } as APIGatewayProxyEvent['requestContext'];
    const event = { requestContext, headers: {} };
    Object.defineProperty(event, 'queryStringParameters', {
      get: () => {
        if (new Error().stack?.includes('route') === true) throw new TypeError('ada@mail.example');
        return null;
      },
    });
    const response = await handler(event as APIGatewayProxyEvent, {} as Context);
    expect(response.statusCode).toBe(200);
    expect(JSON.parse(response.body)).toMatchObject({ source: 'static' });
    expect(JSON.parse(response.body).items).toHaveLength(12);
    expect(output.join()).not.toContain('mail.example');
    expect(metric('FallbackServed')).toEqual([1]);
  });
});
