import { describe, expect, it } from 'vitest';
import { DEFAULT_SOURCE, type SourceDocument } from '../../core/events/source.ts';
import { withCors } from '../../lambdas/ingest/cors.ts';
import {
  ask,
  basic,
  createMemoryCollector,
  proxyEvent,
  sourcesOf,
  WRITE_KEY,
} from '../support/collector.ts';

const collectorOf = (source: Partial<SourceDocument>) =>
  createMemoryCollector({ sources: sourcesOf({ ...DEFAULT_SOURCE, ...source }) });
const page = { userId: 'u', messageId: 'm-1' };
const headers = (more: Record<string, string> = {}) => ({
  authorization: basic(WRITE_KEY),
  ...more,
});
const problem = (answer: { body: string }) => JSON.parse(answer.body);

describe('a source', () => {
  it('that is disabled is refused', async () => {
    const collector = collectorOf({ isEnabled: false });
    const answer = await ask(collector, proxyEvent('/v1/page', page));
    expect(answer.statusCode).toBe(401);
    expect(problem(answer).detail).toContain('"website" is disabled');
    expect(collector.records).toEqual([]);
    expect(collector.counts.get('EventsRejectedUnauthorized')).toBe(1);
  });

  it('may keep its key to the pages of some origins', async () => {
    const collector = collectorOf({ allowedOrigins: ['https://shop.example'] });
    const from = (origin: string) => proxyEvent('/v1/p', page, { headers: headers({ origin }) });
    expect((await ask(collector, from('https://shop.example'))).statusCode).toBe(200);
    const foreign = from('https://elsewhere.example');
    const refused = withCors(foreign, await ask(collector, foreign));
    expect(refused.statusCode).toBe(403);
    // Readable, so that the SDK sees a refusal and no lost connection, but not with credentials.
    expect(refused.headers?.['Access-Control-Allow-Origin']).toBe('*');
    expect(refused.headers).not.toHaveProperty('Access-Control-Allow-Credentials');
    expect((await ask(collector, proxyEvent('/v1/page', page))).statusCode).toBe(200);
    expect(collector.records).toHaveLength(2);
  });

  it('says nothing of the origins it allows to a preflight, which carries no key', async () => {
    const collector = collectorOf({ allowedOrigins: ['https://shop.example'] });
    const preflight = proxyEvent('/v1/p', '', {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example' },
    });
    const answer = withCors(preflight, await ask(collector, preflight));
    expect(answer.statusCode).toBe(204);
    expect(answer.headers?.['Access-Control-Allow-Origin']).toBe('https://elsewhere.example');
    const malformed = proxyEvent('/v1/p', '', { method: 'OPTIONS', headers: { origin: 'a b' } });
    const unread = withCors(malformed, await ask(collector, malformed));
    expect(unread.headers).not.toHaveProperty('Access-Control-Allow-Origin');
  });

  it('of a website may not import', async () => {
    const collector = collectorOf({ isServerSide: false });
    const answer = await ask(collector, proxyEvent('/v1/import', { batch: [page] }));
    expect(answer.statusCode).toBe(403);
    expect(problem(answer).detail).toContain('isServerSide');
    expect((await ask(collector, proxyEvent('/v1/batch', { batch: [page] }))).statusCode).toBe(400);
  });

  it('sends the families of events that it may; each other one goes to quarantine', async () => {
    const collector = collectorOf({ eventFamilies: ['page', 'email'] });
    const batch = [
      { type: 'page', userId: 'u' },
      { type: 'track', userId: 'u', event: 'Email Opened', properties: {} },
      { type: 'track', userId: 'u', event: 'Quiz Finished' },
      { type: 'identify', userId: 'u' },
    ];
    const answer = await ask(collector, proxyEvent('/v1/batch', { batch }));
    expect(JSON.parse(answer.body).rejected).toMatchObject([
      { index: 2, issues: [{ path: 'event', message: expect.stringContaining('"custom"') }] },
      { index: 3, issues: [{ path: 'type', message: expect.stringContaining('"profile"') }] },
    ]);
    expect(collector.quarantined.map(({ reason }) => reason)).toEqual([
      'family-not-enabled',
      'family-not-enabled',
    ]);
  });

  it('over its rate is told when to come back, and nothing is taken', async () => {
    const collector = createMemoryCollector({
      rate: { admit: async () => ({ kind: 'refused', retryAfterS: 7 }) },
    });
    const answer = await ask(collector, proxyEvent('/v1/batch', { batch: [page, page] }));
    expect(answer.statusCode).toBe(429);
    expect(answer.headers?.['Retry-After']).toBe('7');
    expect(collector.records).toEqual([]);
    expect(collector.counts.get('EventsRejectedByRate')).toBe(2);
  });
});

describe('what browser SDKs ask first', () => {
  const question = (path: string, options: object) =>
    ask(createMemoryCollector(), proxyEvent(path, '', { method: 'GET', ...options }));

  it('is where analytics.js shall send: here, by the protocol that it came by', async () => {
    const answer = await question(`/v1/projects/${WRITE_KEY}/settings`, {
      headers: { Host: 'events.shop.example', 'X-Forwarded-Proto': 'https' },
    });
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      integrations: {
        'Segment.io': {
          apiKey: WRITE_KEY,
          apiHost: 'events.shop.example/v1',
          protocol: 'https',
        },
      },
      metrics: { sampleRate: 0 },
    });
  });

  it('is RudderStack’s configuration of the source', async () => {
    const answer = await question('/v1/sourceConfig', { headers: headers() });
    expect(JSON.parse(answer.body).source).toMatchObject({
      id: 'website',
      writeKey: WRITE_KEY,
      enabled: true,
      destinations: [],
    });
  });

  it.each(['/v1/projects/unknown/settings', '/v1/sourceConfig?'])(
    'is refused without a known key: %s',
    async (path) => {
      const answer = await question(path.replace('?', ''), { headers: {} });
      expect(answer.statusCode).toBe(401);
    },
  );

  it('is not asked by POST', async () => {
    const answer = await ask(createMemoryCollector(), proxyEvent('/v1/sourceConfig', {}));
    expect(answer.statusCode).toBe(405);
  });
});

describe('a pixel', () => {
  const encoded = (value: unknown, encoding: 'base64' | 'base64url' = 'base64') =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(encoding);
  const show = async (collector: ReturnType<typeof createMemoryCollector>, query: object) => {
    const answer = await ask(
      collector,
      proxyEvent('/v1/pixel.gif', '', { method: 'GET', headers: {}, query: { ...query } }),
    );
    expect(answer).toMatchObject({
      statusCode: 200,
      isBase64Encoded: true,
      headers: {
        'Content-Type': 'image/gif',
        'Cache-Control': expect.stringContaining('no-store'),
      },
    });
    const image = Buffer.from(answer.body, 'base64');
    expect(image.subarray(0, 6).toString()).toBe('GIF89a');
    return collector;
  };
  const opened = { writeKey: WRITE_KEY, userId: 'u', event: 'Email Opened', properties: {} };

  it.each(['base64', 'base64url'] as const)('is a call in %s', async (encoding) => {
    const data = encoded({ ...opened, properties: { subject: '¿?>>ÿ' } }, encoding);
    // As a mail program sends it that doesn't escape.
    const collector = await show(createMemoryCollector(), { data: data.replaceAll('+', ' ') });
    expect(collector.events()).toMatchObject([{ type: 'track', event: 'Email Opened' }]);
    expect(collector.events()[0]).not.toHaveProperty('writeKey');
  });

  it('takes its key from the query, and its type from the call', async () => {
    const data = encoded({ type: 'page', userId: 'u' });
    const collector = await show(createMemoryCollector(), { data, writeKey: WRITE_KEY });
    expect(collector.events()).toMatchObject([{ type: 'page' }]);
  });

  it('with data that can’t be read goes to quarantine, addresses hashed', async () => {
    const data = encoded('{"userId":"anna@example.com"');
    const collector = await show(createMemoryCollector(), { data, writeKey: WRITE_KEY });
    expect(collector.quarantined).toMatchObject([{ reason: 'not-an-object' }]);
    expect(JSON.stringify(collector.quarantined)).not.toContain('anna@');
  });

  it.each([{}, { data: '!' }, { data: '/w==', writeKey: WRITE_KEY }, { writeKey: 'unknown' }])(
    'is shown whatever was sent: %j',
    async (query) => {
      const collector = await show(createMemoryCollector(), query);
      expect(collector.records).toEqual([]);
    },
  );

  it('is shown though its call was lost, which is counted', async () => {
    const lost: unknown[] = [];
    const collector = createMemoryCollector({
      stream: { put: () => Promise.reject(new Error('down')) },
      onPixelLost: (error) => lost.push(error),
    });
    await show(collector, { data: encoded(opened) });
    expect(collector.counts.get('PixelsLost')).toBe(1);
    expect(lost).toHaveLength(1);
  });
});
