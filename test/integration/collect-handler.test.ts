import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { basic, proxyEvent, WRITE_KEY } from '../support/collector.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

let services: CollectorServices;
let handler: typeof import('../../lambdas/ingest/collect.ts').handler;
let recordsBefore = 0;
const printed: string[] = [];

beforeAll(async () => {
  services = await startCollectorServices(WRITE_KEY);
  const variables = {
    ...services.variables,
    POWERTOOLS_SERVICE_NAME: 'collect',
    POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
    // Prints by the console that the test watches.
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_METRICS_DISABLED: 'false',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      printed.push(parts.join(' '));
    });
  }
  ({ handler } = await import('../../lambdas/ingest/collect.ts'));
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await services.stop();
});
beforeEach(() => {
  services.faults.liftAll();
  recordsBefore = services.records().length;
  printed.length = 0;
});

const context = (remainingMs = 29_000): Context => {
  const partial: Partial<Context> = { getRemainingTimeInMillis: () => remainingMs };
  return partial as Context;
};
const ask = (
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  remainingMs?: number,
) =>
  handler(
    proxyEvent(path, body, { headers: { authorization: basic(WRITE_KEY), ...headers } }),
    context(remainingMs),
  );
const pages = (count: number, name = 'm') =>
  Array.from({ length: count }, (_, index) => ({
    type: 'page',
    userId: `u${index}`,
    messageId: `${name}${index}`,
  }));
const newRecords = () => services.records().slice(recordsBefore);
const idsOf = (records: readonly string[]): string[] =>
  records.map((data) => JSON.parse(data).messageId);
const requestSizes = (): number[] => {
  const sizes: number[] = [];
  services.observe('kinesis', ({ body }) => {
    sizes.push(JSON.parse(Buffer.from(body).toString()).Records.length);
  });
  return sizes;
};

describe('the collect function', () => {
  it('acknowledges what Kinesis took, in requests of at most 500 records, in order', async () => {
    const sizes = requestSizes();
    const answer = await ask('/v1/batch', { batch: pages(1_201) });
    expect(answer).toMatchObject({ statusCode: 200, body: '{"success":true}' });
    expect(sizes).toEqual([500, 500, 201]);
    expect(idsOf(newRecords())).toEqual(pages(1_201).map((page) => page.messageId));
    expect(newRecords()[0]).toMatch(/^\{.*\}\n$/);
  });

  it('sends only the records again that Kinesis did not take', async () => {
    const sizes = requestSizes();
    services.faults.inject({
      service: 'kinesis',
      operation: 'PutRecords',
      action: { kind: 'partial', share: 0.5 },
      times: 2,
    });
    expect((await ask('/v1/batch', { batch: pages(80) })).statusCode).toBe(200);
    expect(sizes).toEqual([80, 40, 20]);
    expect(idsOf(newRecords()).sort()).toEqual(
      pages(80)
        .map((page) => page.messageId)
        .sort(),
    );
  });

  it('waits out a throttled and an unreachable stream', async () => {
    services.faults.inject({ service: 'kinesis', action: { kind: 'throttle' }, times: 1 });
    services.faults.inject({ service: 'kinesis', action: { kind: 'refuse' }, times: 1 });
    expect((await ask('/v1/page', { userId: 'u', messageId: 'patient' })).statusCode).toBe(200);
    expect(idsOf(newRecords())).toEqual(['patient']);
  });

  it.each(['error', 'throttle', 'hang', 'refuse'] as const)(
    'answers 503 with Retry-After while Kinesis answers with %s',
    async (kind) => {
      services.faults.inject({ service: 'kinesis', action: { kind } });
      const answer = await ask('/v1/page', { userId: 'u' }, {}, 1_500);
      expect(answer.statusCode).toBe(503);
      expect(Number(answer.headers?.['Retry-After'])).toBeGreaterThan(0);
      expect(answer.headers?.['Content-Type']).toBe('application/problem+json');
    },
  );

  it('puts nothing on the stream when quarantine fails', async () => {
    services.faults.inject({ service: 's3', action: { kind: 'error' } });
    const batch = [...pages(1, 'unkept'), { type: 'page' }];
    expect((await ask('/v1/batch', { batch }, {}, 1_500)).statusCode).toBe(503);
    expect(idsOf(newRecords())).not.toContain('unkept0');
  });

  it('stores each refused call under its day and reason, once however often it is sent', async () => {
    const batch = [
      ...pages(1),
      { type: 'track', event: 'Product Viewed', userId: 'anna@example.com' },
    ];
    for (let time = 0; time < 2; time += 1) {
      expect((await ask('/v1/batch', { batch })).statusCode).toBe(200);
    }
    const kept = await services.quarantined();
    const today = new Date().toISOString().slice(0, 10);
    const place = `^quarantine/day=${today}/reason=bad-properties/source=website/[0-9a-f]{32}\\.json$`;
    expect(kept.filter(({ key }) => new RegExp(place).test(key))).toHaveLength(1);
    const { key, body } = kept.find((one) => one.key.includes('bad-properties'))!;
    expect(JSON.parse(body)).toMatchObject({
      id: key.slice(-37, -5),
      source: 'website',
      reason: 'bad-properties',
      schemaVersion: 1,
    });
    expect(body).not.toContain('anna@');
  });

  it('knows the sources of the configuration table and remembers keys, known or not', async () => {
    const key = await services.addSource({ sourceId: 'crm', priority: 200 });
    let readCount = 0;
    services.observe('dynamodb', ({ operation }) => {
      if (operation === 'GetItem') readCount += 1;
    });
    for (let time = 0; time < 3; time += 1) {
      const known = await ask('/v1/page', { userId: 'u' }, { authorization: basic(key) });
      const unknown = await ask('/v1/page', { userId: 'u' }, { authorization: basic('nobody') });
      expect([known.statusCode, unknown.statusCode]).toEqual([200, 401]);
    }
    expect(JSON.parse(newRecords()[0]!)).toMatchObject({ source: 'crm', sourcePriority: 200 });
    // The key, its source, and the key that nobody has.
    expect(readCount).toBe(3);
  });

  it('answers 503, not 401, when it can’t tell whether a key is known', async () => {
    services.faults.inject({ service: 'dynamodb', action: { kind: 'error' } });
    const answer = await ask('/v1/page', { userId: 'u' }, { authorization: basic('maybe') });
    expect(answer.statusCode).toBe(503);
  });

  it('needs the secrets once only, and works on without their service', async () => {
    await ask('/v1/page', { userId: 'u' });
    services.faults.inject({ service: 'secretsmanager', action: { kind: 'error' } });
    expect((await ask('/v1/page', { userId: 'u' })).statusCode).toBe(200);
  });

  it('counts in the embedded metric format, and logs nothing of what it was sent', async () => {
    const wrong = {
      type: 'track',
      event: 'Anna Schmidt',
      userId: 'anna@example.com',
      timestamp: 'anna@example.com',
    };
    await ask('/v1/batch', { batch: [...pages(2), wrong] });
    services.faults.inject({ service: 'kinesis', action: { kind: 'error' } });
    await ask('/v1/page', { userId: 'anna' }, {}, 1_200);
    const metrics = printed.flatMap((line) => (line.includes('_aws') ? [JSON.parse(line)] : []));
    expect(metrics).toMatchObject([
      { service: 'collect', EventsAccepted: 2, EventsQuarantined: 1 },
    ]);
    expect(metrics[0]._aws.CloudWatchMetrics[0].Namespace).toBe('Kindred');
    expect(printed.join('\n')).toContain('StreamUnavailableError');
    expect(printed.join('\n').toLowerCase()).not.toContain('anna');
  });
});

describe('browsers', () => {
  const origin = 'https://shop.example';

  it('may ask first, and send the headers of the known SDKs', async () => {
    const answer = await handler(
      proxyEvent('/v1/t', '', {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Headers': 'Authorization, rsa-abc, x-evil',
        },
      }),
      context(),
    );
    expect(answer).toMatchObject({
      statusCode: 204,
      headers: {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Methods': 'POST, OPTIONS',
        Vary: 'Origin',
      },
    });
    const allowed = String(answer.headers?.['Access-Control-Allow-Headers']).split(', ');
    for (const name of [
      'authorization',
      'content-type',
      'x-retry-count',
      'x-write-key',
      'anonymousid',
      'sentat',
      'rsa-abc',
    ]) {
      expect(allowed).toContain(name);
    }
    expect(allowed).not.toContain('x-evil');
  });

  it.each([
    ['/v1/p', { userId: 'u' }, 200],
    ['/v1/p', { nobody: 1 }, 400],
    ['/v1/nothing', {}, 404],
  ])('may read every answer: %s %j', async (path, body, status) => {
    const answer = await ask(path, body, { origin, 'content-type': 'text/plain' });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({ 'Access-Control-Allow-Origin': origin });
  });
});
