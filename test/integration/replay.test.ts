import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Sha256 } from '../../adapters/aws/sha256.ts';
import { quarantineKey } from '../../adapters/s3/quarantine-store.ts';
import { replay as replaySchema } from '../../core/events/replay.ts';
import { until } from '../contract/until.ts';
import { startTestCloud, type TestCloud } from './cloud.ts';

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
}, 120_000);
afterAll(() => test.stop());

const today = new Date().toISOString().slice(0, 10);
const counts = z.record(z.string(), z.number());
const progress = replaySchema.omit({ afterKey: true, lineCount: true });
const days = { from: today, to: today };

async function ask(
  method: string,
  path: string,
  body?: unknown,
  credentials = { accessKeyId: 'kindred', secretAccessKey: 'kindred' },
) {
  const url = new URL(`${test.cloud.connection.api}/v1${path}`);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: test.cloud.connection.region,
    credentials,
    sha256: Sha256,
  });
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, 'content-type': 'application/json' },
    ...(text === undefined ? {} : { body: text }),
  });
  const { host: _, ...sent } = headers;
  return fetch(url, { method, headers: sent, ...(text === undefined ? {} : { body: text }) });
}

/** A call as a mapping that has since been put right had refused it. */
async function refuse(userId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const call = {
      id: randomUUID().replaceAll('-', ''),
      receivedAt: new Date().toISOString(),
      source: 'crm',
      reason: 'bad-properties',
      issues: [],
      schemaVersion: 1,
      type: 'track' as const,
      event: {
        event: 'Product Viewed',
        userId,
        properties: { product_id: `p${index}`, name: 'Cup', price: 1 },
      },
    };
    await test.clients.s3.send(
      new PutObjectCommand({
        Bucket: test.cloud.connection.resources.QuarantineBucketName,
        Key: quarantineKey(call),
        Body: JSON.stringify(call),
      }),
    );
  }
}

async function replay(request: object) {
  const started = await ask('POST', '/quarantine/replay', { ...days, ...request });
  expect(started.status).toBe(202);
  const { replayId } = z.object({ replayId: z.uuid() }).parse(await started.json());
  return finished(replayId);
}

async function finished(replayId: string) {
  return until(async () => {
    const answer = await ask('GET', `/quarantine/replays/${replayId}`);
    const replayed = progress.parse(await answer.json());
    return replayed.status === 'done' ? replayed : undefined;
  });
}

const eventCountOf = async (userId: string) => (await test.profileOf(userId))?.eventCount ?? 0;
const waiting = async (): Promise<Record<string, number>> => {
  const answer = await ask('GET', `/quarantine?from=${today}&to=${today}`);
  return z.object({ countsByReason: counts }).parse(await answer.json()).countsByReason;
};

describe('the operators’ API', () => {
  it('answers a request without a signature as it answers an unknown path', async () => {
    const answer = await fetch(`${test.cloud.connection.api}/v1/quarantine`);
    // API Gateway has one response for both, and the template makes a 404 of it.
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });

  it.each([
    { accessKeyId: 'kindred', secretAccessKey: 'wrong' },
    { accessKeyId: 'nobody', secretAccessKey: 'nobody' },
  ])('refuses a request signed by %j', async (credentials) => {
    expect((await ask('GET', '/quarantine', undefined, credentials)).status).toBe(403);
  });

  it('names the fields that are wrong', async () => {
    const answer = await ask('POST', '/quarantine/replay', {
      from: 'now',
      to: 'today',
      eventsPerSecond: 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ issues: [{ path: 'from' }, { path: 'to' }] });
  });
});

describe('a replay', () => {
  it('counts in a dry run, sends once for real, and finds nothing the second time', async () => {
    await refuse('replayed', 3);
    await test.send('/v1/track', { userId: 'still-wrong' });
    const before = await waiting();
    expect(before['bad-properties']).toBe(3);

    const dry = await replay({ isDryRun: true });
    expect(dry).toMatchObject({ readCount: 4, acceptedCount: 3 });
    expect(Object.values(dry.refusedCounts)).toEqual([1]);
    expect(await waiting()).toEqual(before);
    expect(await eventCountOf('replayed')).toBe(0);

    expect(await replay({})).toMatchObject({ readCount: 4, acceptedCount: 3 });
    await until(async () => ((await eventCountOf('replayed')) === 3 ? true : undefined));
    expect((await waiting())['bad-properties']).toBeUndefined();
    expect(await replay({})).toMatchObject({ readCount: 1, acceptedCount: 0 });
  }, 120_000);

  it('goes on by itself when its function is killed, and counts nothing twice', async () => {
    await Promise.all([refuse('crashed-a', 75), refuse('crashed-b', 75)]);
    const started = await ask('POST', '/quarantine/replay', { ...days, eventsPerSecond: 50 });
    const { replayId } = z.object({ replayId: z.uuid() }).parse(await started.json());
    await until(async () => {
      const answer = await ask('GET', `/quarantine/replays/${replayId}`);
      return progress.parse(await answer.json()).readCount > 0 ? true : undefined;
    });
    test.cloud.functions.kill('Replay');
    expect(await finished(replayId)).toMatchObject({ status: 'done' });
    for (const userId of ['crashed-a', 'crashed-b']) {
      await until(async () => ((await eventCountOf(userId)) >= 75 ? true : undefined));
      expect(await eventCountOf(userId)).toBe(75);
    }
    expect((await waiting())['bad-properties']).toBeUndefined();
  }, 120_000);

  it('of the lake puts its events on the stream, and adds nothing to profiles that have them', async () => {
    await test.send('/v1/track', { event: 'Signed Up', userId: 'laked', messageId: 'laked-1' });
    const raw = { what: 'raw', sources: ['website'], eventsPerSecond: 1_000 };
    // Firehose has written it once a dry run finds it.
    await until(async () =>
      (await replay({ ...raw, isDryRun: true })).acceptedCount > 0 ? true : undefined,
    );
    expect((await replay(raw)).acceptedCount).toBeGreaterThan(0);
    // A later event of the same customer: once it is there, the replayed one has been dealt with.
    await test.send('/v1/identify', {
      userId: 'laked',
      traits: { plan: 'x' },
      messageId: 'laked-2',
    });
    await until(async () => (await test.profileOf('laked'))?.traits.plan);
    expect(await eventCountOf('laked')).toBe(2);
  }, 120_000);
});
