import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { imageSize } from 'image-size';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { drawPng } from '../../adapters/drawing/draw-png.ts';
import { createFetchPicture } from '../../adapters/drawing/fetch-picture.ts';
import { createShownItems, type ShownItems } from '../../adapters/dynamodb/shown-items.ts';
import { shownKeyOf } from '../../core/blocks/shown-item.ts';
import { collectedEvent } from '../../core/events/event.ts';
import { identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

const SECRET = 's'.repeat(64);
const SIGNAL = new AbortController().signal;
const PNG_START = '89504e470d0a1a0a';
/** One pixel; the renderer decodes none of these. */
const WEBP = 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA';

let services: CollectorServices;
let dynamoDb: DynamoDBClient;
let handler: (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;
let seenCount = 0;
beforeAll(async () => {
  services = await startCollectorServices('default-key');
  const { variables } = services;
  // The ladder's last rung answers: what was shown is what matters here.
  Object.assign(process.env, variables, {
    ...{ PROFILES_TABLE: 'absent', IDENTITIES_TABLE: 'absent', CATALOGUE_TABLE: 'absent' },
    ...{
      MODELS_BUCKET: 'absent',
      SHOWN_TABLE: 'shown',
      CLICK_HOSTS: '',
      CUSTOMER_READ_MS: '250',
      FIRST_MODEL_MS: '1500',
      CLICK_DAYS_MAX: '90',
      EVENTS_STREAM_NAME: 'events',
    },
    CLICK_SECRET_ID: variables.IDENTITY_SECRET_ID,
    ...{ POWERTOOLS_SERVICE_NAME: 'opentime', POWERTOOLS_METRICS_NAMESPACE: 'Kindred' },
  });
  dynamoDb = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: variables.AWS_ENDPOINT_URL_DYNAMODB ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await createShownTable();
  const module: { handler: unknown } = await import('../../lambdas/api/open-time.ts');
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

async function createShownTable(): Promise<void> {
  const { CreateTableCommand } = await import('@aws-sdk/client-dynamodb');
  await dynamoDb.send(
    new CreateTableCommand({
      TableName: 'shown',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    }),
  );
}

async function get(
  path: string,
  query: Record<string, string> = {},
  headers = {},
  httpMethod = 'GET',
) {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod,
    headers: {
      'User-Agent': 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15',
      ...headers,
    },
    queryStringParameters: query,
    requestContext: { path: `/v1/blocks/${path}` } as APIGatewayProxyEvent['requestContext'],
  };
  return handler(event as APIGatewayProxyEvent, { functionName: 'opentime' } as Context);
}
const eventsSince = (count: number) =>
  services
    .records()
    .slice(count)
    .map((line) => collectedEvent.parse(JSON.parse(line)));
const bytesOf = ({ body }: APIGatewayProxyResult) => Buffer.from(body, 'base64');
const isPng = (answer: APIGatewayProxyResult) =>
  bytesOf(answer).subarray(0, 8).toString('hex') === PNG_START;

describe('the image and the link of a slot', () => {
  const query = { customer: 'ada', campaign: 'spring' };

  it('are a PNG at twice its size, and a redirect that is recorded', async () => {
    const image = await get('popular/1.png', query);
    expect(image).toMatchObject({ statusCode: 200, headers: { 'content-type': 'image/png' } });
    expect(imageSize(bytesOf(image))).toMatchObject({ type: 'png', width: 560, height: 720 });
    const { etag = '' } = image.headers ?? {};
    const again = await get('popular/1.png', query, { 'If-None-Match': String(etag) });
    expect(again).toMatchObject({ statusCode: 304, body: '' });

    const link = await get('popular/1/link', query);
    expect(link.statusCode).toBe(302);
    expect(link.headers?.location).toMatch(/^https:\/\//);
    expect(eventsSince(seenCount)).toMatchObject([
      {
        event: 'Block Clicked',
        identities: [identityOf('userId', 'ada', SECRET)],
        properties: { placement_id: 'popular', campaign_id: 'spring' },
      },
    ]);
  });

  it('say to a HEAD that they are there, and keep and count nothing of it', async () => {
    const look = { customer: 'ada', campaign: 'looked-at' };
    const image = await get('popular/3.png', look, {}, 'HEAD');
    expect(image).toMatchObject({
      ...{ statusCode: 200, body: '', headers: { 'content-type': 'image/png' } },
    });
    expect(await get('popular/0.png', look, {}, 'HEAD')).toMatchObject({ body: '' });
    const link = await get('popular/3/link', look, {}, 'HEAD');
    expect(link.statusCode).toBe(302);
    const [event, ...others] = services.records().slice(seenCount);
    expect(others).toEqual([]);
    expect(collectedEvent.parse(JSON.parse(event ?? '')).properties).toMatchObject({
      ...{ machine_click: true, machine_reason: 'head' },
    });
    const kept = await dynamoDb.send(new ScanCommand({ TableName: 'shown' }));
    const before = kept.Count ?? 0;
    await get('popular/3/link', look);
    const after = await dynamoDb.send(new ScanCommand({ TableName: 'shown' }));
    expect(after.Count).toBe(before + 1);
  });

  it.each(['popular/0.png', 'popular/999.png', 'no-such/1.png', 'popular/24.png'])(
    '%s is an image too',
    async (path) => {
      const image = await get(path, query);
      expect(image.statusCode).toBe(200);
      expect(isPng(image)).toBe(true);
    },
  );

  it.each(['error', 'refuse', 'throttle', 'hang'] as const)(
    'stay an image and a redirect while DynamoDB would %s',
    async (kind) => {
      services.faults.inject({ service: 'dynamodb', action: { kind } });
      expect(isPng(await get('popular/2.png', query))).toBe(true);
      expect((await get('popular/2/link', query)).statusCode).toBe(302);
    },
  );

  it('are an image and a page where something breaks that nobody foresaw', async () => {
    const event = {
      httpMethod: 'GET',
      headers: {},
      requestContext: { path: '/v1/blocks/popular/1.png' },
    };
    Object.defineProperty(event, 'queryStringParameters', {
      get: () => {
        throw new TypeError('ada@mail.example');
      },
    });
    const context = { functionName: 'opentime' } as Context;
    const unforeseen = event as Partial<APIGatewayProxyEvent> as APIGatewayProxyEvent;
    expect(isPng(await handler(unforeseen, context))).toBe(true);
    event.requestContext.path = '/v1/blocks/popular/1/link';
    expect((await handler(unforeseen, context)).statusCode).toBe(404);
  });
});

describe('what was shown', () => {
  const item = (id: string) => ({
    ...{ item_id: id, title: id, price: 1, price_text: '£1.00', currency: 'GBP' },
    ...{ url: `https://shop.example/${id}`, image_url: '', reason: '' },
    rung: 'popular' as const,
    ...{ experiment: 'hero', variant: 'b' },
  });
  const times = { nowS: 100, expiresAtS: 200 };
  let shown: ShownItems;
  beforeAll(() => {
    shown = createShownItems(dynamoDb, 'shown');
  });

  it('first stays, whoever comes second, until the mail is old', async () => {
    expect(await shown.find('place', 100, SIGNAL)).toBeUndefined();
    expect(await shown.keepFirst('place', item('a'), times, SIGNAL)).toEqual(item('a'));
    expect(await shown.keepFirst('place', item('b'), times, SIGNAL)).toEqual(item('a'));
    expect(await shown.find('place', 199, SIGNAL)).toEqual(item('a'));
    expect(await shown.find('place', 200, SIGNAL)).toBeUndefined();
    const later = { nowS: 200, expiresAtS: 300 };
    expect(await shown.keepFirst('place', item('c'), later, SIGNAL)).toEqual(item('c'));
  });

  it('tells of the variant that chose it: once seen by a person, and with each click', async () => {
    const ref = identityRef(identityOf('userId', 'ada', SECRET));
    const place = { placement: 'popular', slot: 3, identityRef: ref, campaign: 'summer' };
    const nowS = Math.floor(Date.now() / 1000);
    const kept = { nowS, expiresAtS: nowS + 1_000 };
    await shown.keepFirst(shownKeyOf(place), item('a'), kept, SIGNAL);
    const query = { customer: 'ada', campaign: 'summer' };
    await get('popular/3.png', query, { 'User-Agent': 'Mozilla/5.0' });
    await get('popular/3.png', query, {
      'User-Agent': 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)',
    });
    await get('popular/3.png', query);
    await get('popular/3/link', query);
    const named = {
      placement_id: 'popular',
      campaign_id: 'summer',
      experiment_id: 'hero',
      variation_id: 'b',
    };
    const events = eventsSince(seenCount);
    expect(events).toMatchObject([
      { event: 'Experiment Viewed', properties: named },
      { event: 'Experiment Viewed', properties: named },
      { event: 'Block Clicked', properties: { ...named, product_id: 'a' } },
    ]);
    expect(events[0]?.messageId).toBe(events[1]?.messageId);
  });

  it('is one thing, of however many that are shown at once', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `item-${index}`);
    const kept = await Promise.all(
      ids.map((id) => shown.keepFirst('at once', item(id), times, SIGNAL)),
    );
    const found = await shown.find('at once', 100, SIGNAL);
    expect(new Set(kept.map(({ item_id }) => item_id))).toEqual(new Set([found?.item_id]));
  });
});

describe('a picture', () => {
  let server: Server;
  let origin: string;
  const answers: Record<string, { status?: number; body?: Buffer; type?: string }> = {};
  beforeAll(async () => {
    server = createServer((request, response) => {
      const answer = answers[request.url ?? ''];
      if (answer === undefined) return;
      const location = answer.status === 302 ? { location: '/good.png' } : {};
      response.writeHead(answer.status ?? 200, location).end(answer.body ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const png = Buffer.from(
      await drawPng({
        title: 'a',
        priceText: '',
        plainPriceText: '',
        direction: 'ltr',
        widthPx: 60,
        heightPx: 60,
        picture: '',
      }),
    );
    const wide = Buffer.from(png);
    wide.writeUInt32BE(50_000, 16);
    wide.writeUInt32BE(50_000, 20);
    Object.assign(answers, {
      '/good.png': { body: png },
      '/moved.png': { status: 302 },
      '/gone.png': { status: 404, body: png },
      '/page.png': { body: Buffer.from('<html></html>') },
      '/webp.png': { body: Buffer.from(WEBP, 'base64') },
      '/svg.png': {
        body: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      },
      '/bomb.png': { body: wide },
      '/heavy.png': { body: Buffer.concat([png, Buffer.alloc(4 * 1024 * 1024)]) },
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is fetched where it can be drawn', async () => {
    const fetchPicture = createFetchPicture({ allowPrivateAddresses: true });
    expect(await fetchPicture(`${origin}/good.png`)).toMatch(/^data:image\/png;base64,/);
  });

  it.each(['moved', 'gone', 'page', 'webp', 'svg', 'bomb', 'heavy', 'silent'])(
    'that is %s is left out',
    async (name) => {
      const fetchPicture = createFetchPicture({ allowPrivateAddresses: true });
      expect(await fetchPicture(`${origin}/${name}.png`)).toBe('');
    },
  );

  it.each(['/good.png', 'file:///etc/passwd'])(
    'is never asked for inside of our network: %s',
    async (path) => {
      expect(await createFetchPicture()(path.startsWith('/') ? origin + path : path)).toBe('');
    },
  );
});
