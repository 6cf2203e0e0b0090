import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ask, basic, createMemoryCollector, proxyEvent, WRITE_KEY } from '../support/collector.ts';

const page = { userId: 'u', messageId: 'm-1' };
const track = (event: string, properties: object = {}) => ({
  type: 'track',
  userId: 'u',
  event,
  properties,
});
const json = (answer: { body: string }) => JSON.parse(answer.body);

describe('a valid call', () => {
  it.each(['track', 'identify', 'page', 'screen', 'group', 'alias', 't', 'i', 'p', 's', 'g', 'a'])(
    'on /v1/%s is acknowledged once it is durable',
    async (name) => {
      const collector = createMemoryCollector();
      const answer = await ask(collector, proxyEvent(`/v1/${name}`, { ...page, event: 'Quiz' }));
      expect(answer.statusCode).toBe(200);
      expect(json(answer)).toEqual({ success: true });
      expect(collector.events()).toHaveLength(1);
      expect(collector.counts.get('EventsAccepted')).toBe(1);
    },
  );

  it('is what its path says, whatever it says itself', async () => {
    const collector = createMemoryCollector();
    await ask(collector, proxyEvent('/v1/page/', { ...page, type: 'track' }));
    expect(collector.events()[0]?.type).toBe('page');
  });

  it('without a message id gets a fresh one', async () => {
    const collector = createMemoryCollector();
    for (let time = 0; time < 2; time += 1)
      await ask(collector, proxyEvent('/v1/page', { userId: 'u' }));
    const [one, two] = collector.events();
    expect(one?.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(one?.messageId).not.toBe(two?.messageId);
  });

  it('of the browser SDK about itself is accepted and dropped', async () => {
    const collector = createMemoryCollector();
    expect((await ask(collector, proxyEvent('/v1/m', {}))).statusCode).toBe(200);
    expect(collector.records).toEqual([]);
  });
});

describe('a batch', () => {
  it.each(['/v1/batch', '/v1/b', '/v1/import', '/beacon/v1/batch'])(
    'on %s goes on call by call',
    async (path) => {
      const collector = createMemoryCollector();
      const batch = [track('A'), track('Product Viewed', { price: 'x' }), track('B')];
      const answer = await ask(
        collector,
        proxyEvent(path, { batch, sentAt: new Date().toISOString() }),
      );
      expect(answer.statusCode).toBe(200);
      expect(json(answer)).toEqual({
        success: true,
        accepted: 2,
        rejected: [
          {
            index: 1,
            issues: [
              { path: 'properties.product_id', message: expect.stringContaining('required') },
              { path: 'properties.price', message: expect.stringContaining('expected a number') },
            ],
          },
        ],
      });
      expect(collector.events().map((event) => event.event)).toEqual(['A', 'B']);
      expect(collector.quarantined).toMatchObject([{ reason: 'bad-properties', event: batch[1] }]);
      expect(collector.counts).toEqual(
        new Map([
          ['EventsQuarantined', 1],
          ['EventsAccepted', 2],
        ]),
      );
    },
  );

  it('lends its context and integrations to calls that have none', async () => {
    const collector = createMemoryCollector();
    const batch = [
      track('A'),
      { ...track('B'), context: { locale: 'de', shop: 1 }, integrations: { x: false } },
    ];
    await ask(
      collector,
      proxyEvent('/v1/batch', {
        batch,
        context: { locale: 'en', ip: '203.0.113.0' },
        integrations: { All: true },
      }),
    );
    expect(collector.events()).toMatchObject([
      { context: { locale: 'en', ip: '203.0.113.0' }, integrations: { All: true } },
      {
        context: { locale: 'de', ip: '203.0.113.0', shop: 1 },
        integrations: { All: true, x: false },
      },
    ]);
  });

  it('with nothing valid answers 400 in the same form', async () => {
    const collector = createMemoryCollector();
    const answer = await ask(collector, proxyEvent('/v1/batch', { batch: [{ type: 'track' }, 7] }));
    expect(answer.statusCode).toBe(400);
    expect(json(answer)).toMatchObject({
      success: false,
      accepted: 0,
      rejected: [{ index: 0 }, { index: 1 }],
    });
    expect(collector.quarantined).toHaveLength(2);
  });

  it.each([
    [{}, 'batch'],
    [{ batch: {} }, 'batch'],
    [{ batch: [] }, 'batch'],
    [[], ''],
  ])('in a wrong envelope %j answers 400 with the place', async (body, path) => {
    const answer = await ask(createMemoryCollector(), proxyEvent('/v1/batch', body));
    expect(answer).toMatchObject({
      statusCode: 400,
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(json(answer)).toMatchObject({ status: 400, issues: [{ path }] });
  });

  it('takes 2,500 calls and no more', async () => {
    const collector = createMemoryCollector();
    const batch = Array.from({ length: 2_501 }, (_, index) => ({
      type: 'page',
      userId: `u${index}`,
    }));
    expect((await ask(collector, proxyEvent('/v1/batch', { batch }))).statusCode).toBe(413);
    expect(
      (await ask(collector, proxyEvent('/v1/batch', { batch: batch.slice(1) }))).statusCode,
    ).toBe(200);
    expect(collector.records).toHaveLength(2_500);
  });

  it('may not multiply a large context', async () => {
    const batch = Array.from({ length: 1_000 }, () => track('A'));
    const body = { batch, context: { text: 'a'.repeat(20_000) } };
    expect((await ask(createMemoryCollector(), proxyEvent('/v1/batch', body))).statusCode).toBe(
      413,
    );
  });
});

describe('sizes', () => {
  const ofBytes = (bytes: number): string => {
    const empty = JSON.stringify({ userId: 'u', properties: { text: '' } });
    return JSON.stringify({ userId: 'u', properties: { text: 'a'.repeat(bytes - empty.length) } });
  };

  it.each([
    ['/v1/page', 32 * 1024, 200],
    ['/v1/page', 32 * 1024 + 1, 413],
  ])('%s with %d bytes answers %d', async (path, bytes, status) => {
    expect((await ask(createMemoryCollector(), proxyEvent(path, ofBytes(bytes)))).statusCode).toBe(
      status,
    );
  });

  it.each([
    ['/v1/batch', 32 * 1024, 200],
    ['/v1/batch', 32 * 1024 + 1, 400],
    ['/v1/import', 256 * 1024, 200],
    ['/v1/import', 256 * 1024 + 1, 400],
  ])('%s with one call of %d bytes answers %d', async (path, bytes, status) => {
    const call = ofBytes(bytes - '"type":"page",'.length).replace('{', '{"type":"page",');
    const answer = await ask(createMemoryCollector(), proxyEvent(path, `{"batch":[${call}]}`));
    expect(answer.statusCode).toBe(status);
  });

  it.each([
    ['/v1/batch', 500 * 1024],
    ['/v1/import', 4 * 1024 * 1024],
  ])('%s takes no body beyond %d bytes', async (path, bytes) => {
    const pad = (size: number) =>
      `{"batch":[{"type":"page","userId":"u"}]${' '.repeat(size - 40)}}`;
    expect(pad(100)).toHaveLength(100);
    expect((await ask(createMemoryCollector(), proxyEvent(path, pad(bytes)))).statusCode).toBe(200);
    expect((await ask(createMemoryCollector(), proxyEvent(path, pad(bytes + 1)))).statusCode).toBe(
      413,
    );
  });

  it('a gzip bomb is stopped at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, ' ')).toString('base64');
    const answer = await ask(
      createMemoryCollector(),
      proxyEvent('/v1/batch', bomb, {
        isBase64Encoded: true,
        headers: { authorization: basic(WRITE_KEY), 'content-encoding': 'gzip' },
      }),
    );
    expect(answer.statusCode).toBe(413);
  });
});

describe('bodies as real clients send them', () => {
  const bodyOf = (bytes: Buffer, encoding: string, contentType = 'application/json') =>
    proxyEvent('/v1/page', bytes.toString('base64'), {
      isBase64Encoded: true,
      headers: {
        Authorization: basic(WRITE_KEY),
        'Content-Encoding': encoding,
        'Content-Type': contentType,
      },
    });
  const text = Buffer.from(JSON.stringify(page));

  it.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
    ['gzip', text],
  ])('%s is undone', async (encoding, bytes) => {
    const event = bodyOf(bytes, encoding, 'application/x-www-form-urlencoded');
    expect((await ask(createMemoryCollector(), event)).statusCode).toBe(200);
  });

  it.each([
    ['truncated gzip', gzipSync(text).subarray(0, 20), 'gzip', 400],
    ['an unknown encoding', text, 'zstd', 415],
    ['Latin-1', Buffer.from('{"userId":"\u00fc"}', 'latin1'), 'identity', 400],
    ['UTF-16', Buffer.from('\ufeff{"userId":"u"}', 'utf16le'), 'identity', 400],
    ['nothing', Buffer.alloc(0), 'identity', 400],
    ['half a document', Buffer.from('{"userId":'), 'identity', 400],
    ['a million brackets', Buffer.from('['.repeat(30_000)), 'identity', 400],
  ])('%s has a defined answer', async (_, bytes, encoding, status) => {
    const answer = await ask(createMemoryCollector(), bodyOf(bytes, encoding));
    expect(answer).toMatchObject({
      statusCode: status,
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(json(answer)).toMatchObject({
      type: 'about:blank',
      status,
      detail: expect.any(String),
      title: expect.any(String),
    });
  });

  it('repeats nothing of a body that is not JSON', async () => {
    const answer = await ask(
      createMemoryCollector(),
      proxyEvent('/v1/page', '{"userId":"anna" oops}'),
    );
    expect(answer.body).not.toContain('anna');
  });

  it.each([
    ['a byte order mark', '\ufeff{"userId":"u"}', 200],
    ['NUL in a property', '{"userId":"u","properties":{"a":"\\u0000"}}', 200],
    ['NUL in an id', '{"userId":"\\u0000"}', 400],
    ['half a character in a property', '{"userId":"u","properties":{"a":"\\ud800"}}', 200],
    ['half a character in an id', '{"userId":"\\ud800"}', 400],
    ['a key __proto__', '{"userId":"u","properties":{"__proto__":{"a":1}}}', 400],
    [
      '10,000 levels',
      `{"userId":"u","properties":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
      400,
    ],
    ['a duplicate key', '{"userId":"u","userId":"v"}', 200],
    ['Infinity', '{"userId":"u","properties":{"a":1e999}}', 200],
    ['null', 'null', 400],
    ['a number', '7', 400],
  ])('%s has a defined answer', async (_, body, status) => {
    const collector = createMemoryCollector();
    expect((await ask(collector, proxyEvent('/v1/page', body))).statusCode).toBe(status);
    collector.events();
  });
});

describe('the write key', () => {
  it.each([
    ['HTTP Basic', { headers: { authorization: basic(WRITE_KEY) } }],
    ['X-Write-Key', { headers: { 'X-Write-Key': WRITE_KEY } }],
    ['the query', { headers: {}, query: { writeKey: WRITE_KEY } }],
  ])('may come in %s', async (_, options) => {
    expect(
      (await ask(createMemoryCollector(), proxyEvent('/v1/page', page, options))).statusCode,
    ).toBe(200);
  });

  it('may come in the body, and is not stored', async () => {
    const collector = createMemoryCollector();
    const body = { ...page, writeKey: WRITE_KEY };
    expect((await ask(collector, proxyEvent('/v1/page', body, { headers: {} }))).statusCode).toBe(
      200,
    );
    expect(collector.records[0]?.data).not.toContain(WRITE_KEY);
  });

  it.each([
    ['wrong', { headers: { authorization: basic('other') } }],
    ['missing', { headers: {} }],
    ['endless', { headers: { 'x-write-key': 'k'.repeat(10_000) } }],
    ['garbled', { headers: { authorization: 'Basic !!!' } }],
  ])('when %s answers 401 and stores nothing', async (_, options) => {
    const collector = createMemoryCollector();
    const answer = await ask(collector, proxyEvent('/v1/batch', { batch: [page, page] }, options));
    expect(answer).toMatchObject({
      statusCode: 401,
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(collector.records).toEqual([]);
    expect(collector.quarantined).toEqual([]);
    expect(collector.counts.get('EventsRejectedUnauthorized')).toBe(2);
  });
});

describe('a failing dependency is temporary', () => {
  const failing = () => Promise.reject(new Error('down'));

  it.each([
    ['stream', { stream: { put: failing } }],
    ['quarantine', { quarantine: { keep: failing } }],
    ['source directory', { sources: { find: failing, byId: failing } }],
    ['identity secret', { identitySecret: failing }],
  ])('%s: 503 with Retry-After, nothing acknowledged', async (_, overrides) => {
    const collector = createMemoryCollector(overrides);
    const batch = [track('A'), { type: 'track' }];
    const answer = await ask(collector, proxyEvent('/v1/batch', { batch }));
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers?.['Retry-After'])).toBeGreaterThan(0);
    expect(collector.records).toEqual([]);
  });
});

describe('paths and methods that there are not', () => {
  it.each([
    ['/v1/none', 'POST', 404],
    ['/', 'POST', 404],
    ['/v1/track', 'GET', 405],
    ['/v1/track', 'OPTIONS', 204],
  ])('%s %s answers %d', async (path, method, status) => {
    expect((await ask(createMemoryCollector(), proxyEvent(path, '', { method }))).statusCode).toBe(
      status,
    );
  });
});
