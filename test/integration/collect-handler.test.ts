import { createHash } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsDouble, startAwsDouble } from '../support/aws-double.ts';
import { basic, proxyEvent, WRITE_KEY } from '../support/collector.ts';

let aws: AwsDouble;
let handler: typeof import('../../lambdas/ingest/collect.ts').handler;
const printed: string[] = [];

beforeAll(async () => {
  aws = await startAwsDouble();
  aws.secrets.set('write-key-secret', WRITE_KEY);
  aws.secrets.set('identity-secret', 's'.repeat(64));
  const variables = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_KINESIS: aws.endpoints.kinesis,
    AWS_ENDPOINT_URL_S3: aws.endpoints.other,
    AWS_ENDPOINT_URL_DYNAMODB: aws.endpoints.other,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.endpoints.other,
    EVENTS_STREAM_NAME: 'events',
    QUARANTINE_BUCKET: 'quarantine',
    CONFIG_TABLE: 'config',
    IDENTITY_SECRET_ID: 'identity-secret',
    WRITE_KEY_SECRET_ID: 'write-key-secret',
    POWERTOOLS_SERVICE_NAME: 'collect',
    POWERTOOLS_METRICS_NAMESPACE: 'Kindred',
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
  await aws.close();
});
beforeEach(() => {
  aws.records.length = 0;
  aws.requestSizes.length = 0;
  aws.objects.clear();
  aws.down = {};
  aws.failRecord = () => false;
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
const pages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    type: 'page',
    userId: `u${index}`,
    messageId: `m${index}`,
  }));
const idsOf = (records: readonly string[]) => records.map((data) => JSON.parse(data).messageId);

describe('the collect function', () => {
  it('acknowledges what Kinesis took, in requests of at most 500 records, in order', async () => {
    const answer = await ask('/v1/batch', { batch: pages(1_201) });
    expect(answer).toMatchObject({ statusCode: 200, body: '{"success":true}' });
    expect(aws.requestSizes).toEqual([500, 500, 201]);
    expect(idsOf(aws.records)).toEqual(pages(1_201).map((page) => page.messageId));
    expect(aws.records[0]).toMatch(/^\{.*\}\n$/);
  });

  it('sends only the records again that Kinesis did not take', async () => {
    aws.failRecord = (request, index) => request < 2 && index % 3 === 0;
    expect((await ask('/v1/batch', { batch: pages(90) })).statusCode).toBe(200);
    expect(aws.requestSizes).toEqual([90, 30, 10]);
    expect(idsOf(aws.records).sort()).toEqual(
      pages(90)
        .map((page) => page.messageId)
        .sort(),
    );
  });

  it('answers 503 with Retry-After when a record is never taken', async () => {
    aws.failRecord = (_, index) => index === 0;
    const answer = await ask('/v1/batch', { batch: pages(3) }, {}, 1_500);
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers?.['Retry-After'])).toBeGreaterThan(0);
    expect(answer.headers?.['Content-Type']).toBe('application/problem+json');
  });

  it('answers 503 when Kinesis or S3 is down, and quarantine goes first', async () => {
    aws.down = { kinesis: 500 };
    expect((await ask('/v1/page', { userId: 'u' }, {}, 1_500)).statusCode).toBe(503);
    aws.down = { s3: 503 };
    const batch = [...pages(1), { type: 'page' }];
    expect((await ask('/v1/batch', { batch }, {}, 1_500)).statusCode).toBe(503);
    // Not empty: an attempt that the deadline cut off may still arrive, as on a real network.
    expect(idsOf(aws.records)).not.toContain('m0');
  });

  it('stores each refused call under its day and reason, once however often it is sent', async () => {
    const batch = [
      ...pages(1),
      { type: 'track', event: 'Product Viewed', userId: 'anna@example.com' },
    ];
    for (let time = 0; time < 2; time += 1) {
      expect((await ask('/v1/batch', { batch })).statusCode).toBe(200);
    }
    const [[key, body] = ['', '']] = [...aws.objects];
    expect(aws.objects.size).toBe(1);
    const today = new Date().toISOString().slice(0, 10);
    expect(key).toMatch(
      new RegExp(`^/quarantine/quarantine/day=${today}/reason=bad-properties/[0-9a-f]{32}\\.json$`),
    );
    expect(JSON.parse(body)).toMatchObject({
      source: 'website',
      reason: 'bad-properties',
      schemaVersion: 1,
    });
    expect(body).not.toContain('anna@');
  });

  it('knows the sources of the configuration table and remembers keys, known or not', async () => {
    const id = createHash('sha256').update('crm-key').digest('hex');
    aws.config.set(`source/${id}`, { sourceId: { S: 'crm' }, priority: { N: '200' } });
    const reads = { ...aws.reads };
    for (let time = 0; time < 3; time += 1) {
      expect(
        (await ask('/v1/page', { userId: 'u' }, { authorization: basic('crm-key') })).statusCode,
      ).toBe(200);
      expect(
        (await ask('/v1/page', { userId: 'u' }, { authorization: basic('nobody') })).statusCode,
      ).toBe(401);
    }
    expect(JSON.parse(aws.records[0]!)).toMatchObject({ source: 'crm', sourcePriority: 200 });
    expect(aws.reads.config - reads.config).toBe(2);
    expect(aws.reads.secrets).toBe(2);
  });

  it('answers 503, not 401, when it can’t tell whether a key is known', async () => {
    aws.down = { dynamodb: 500 };
    const answer = await ask('/v1/page', { userId: 'u' }, { authorization: basic('maybe') });
    expect(answer.statusCode).toBe(503);
  });

  it('counts in the embedded metric format, and logs nothing of what it was sent', async () => {
    await ask('/v1/batch', {
      batch: [
        ...pages(2),
        {
          type: 'track',
          event: 'Anna Schmidt',
          userId: 'anna@example.com',
          timestamp: 'anna@example.com',
        },
      ],
    });
    aws.down = { kinesis: 500 };
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
