import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { writePoison, writeRefusedIdentities } from '../../adapters/s3/failures.ts';
import { createReplay, readReplay } from '../../adapters/s3/replay-store.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { newReplay, type Replay, replayRequest } from '../../core/events/replay.ts';
import type { EventRefusal } from '../../core/profile/fold-deliveries.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import type { ReplayPorts } from '../../lambdas/ingest/replay-chunk.ts';
import { continueReplay } from '../../lambdas/ingest/replay-step.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { failureObject } from '../../local/event-source/failure-destination.ts';
import { clientDefaults } from '../contract/endpoint.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from '../property/memory-stores.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from '../unit/event-maker.ts';

const ID = '0b0a6c1e-6a3f-4f7e-9f43-0d1f8a3b7c55';
const TODAY = new Date().toISOString().slice(0, 10);
let directory: string;
let s3: S3Engine;
let client: S3Client;
let failures: { client: S3Client; bucket: string };
let quarantine: { client: S3Client; bucket: string };
let bucketNumber = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-replay-failures-'));
  s3 = await startS3Engine({ directory });
  client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
});
beforeEach(async () => {
  bucketNumber += 1;
  failures = { client, bucket: `failures-${bucketNumber}` };
  quarantine = { client, bucket: `quarantine-${bucketNumber}` };
  await Promise.all([failures, quarantine].map(({ bucket }) => s3.createBucket(bucket)));
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A stream that keeps what it gets, and breaks once it holds so much. */
class Stream {
  readonly sent: StreamRecord[] = [];
  failsAfter = Number.POSITIVE_INFINITY;
  sleptMs = 0;

  async replay(request: object = {}): Promise<Replay> {
    const ports: ReplayPorts = {
      quarantine,
      failures,
      lake: quarantine,
      stream: {
        put: async (records) => {
          if (this.sent.length >= this.failsAfter) throw new Error('gone');
          this.sent.push(...records);
        },
      },
      identitySecret: async () => '',
      source: () => Promise.reject(new Error('is not asked')),
      nowMs: () => 0,
      sleep: async (ms) => {
        this.sleptMs += ms;
      },
    };
    const asked = replayRequest.parse({ from: TODAY, to: TODAY, what: 'failures', ...request });
    const stored =
      (await readReplay(quarantine, ID)) ??
      (await createReplay(quarantine, newReplay(ID, asked, 'a', 0)));
    return continueReplay(stored, ports, Number.POSITIVE_INFINITY);
  }

  get messageIds(): string[] {
    return this.sent.map(({ data }) => JSON.parse(Buffer.from(data).toString()).messageId);
  }
}

const eventOf = (number: number, said: Partial<CollectedEvent> = {}) =>
  trackEvent('Any', { messageId: `m${number}`, ...said });

/** A batch as Lambda writes it once it has given up on it. */
async function abandon(name: string, from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) =>
    recordOf(eventOf(from + index), `key-${from + index}`, String(from + index + 1)),
  );
  const { key, body } = failureObject({
    reason: 'RetryAttemptsExhausted',
    records: records.map(({ kinesis }) => ({
      ...kinesis,
      data: Buffer.from(kinesis.data, 'base64'),
      arrivedAtMs: 0,
    })),
    mappingId: 'mapping',
    shardId: 'shardId-000000000000',
    streamArn: 'arn:stream',
    functionArn: 'arn:function',
    invokeCount: 3,
    requestId: 'request',
    payload: JSON.stringify({ Records: records }),
    discardedAtMs: Date.now(),
    uniqueId: name,
  });
  await client.send(new PutObjectCommand({ Bucket: failures.bucket, Key: key, Body: body }));
}

async function keepPoison(number: number, text: string): Promise<void> {
  await writePoison(client, failures.bucket, {
    shardId: 'shardId-000000000001',
    sequenceNumber: String(number),
    partitionKey: `key-${number}`,
    arrivedAtMs: 0,
    data: Buffer.from(text).toString('base64'),
    cause: 'not a collected event: type: invalid_value',
  });
}

async function keys(): Promise<string[]> {
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: failures.bucket }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

describe('a replay of what the enricher could not take', () => {
  it('counts in a dry run what can be read, and takes nothing away', async () => {
    await abandon('a', 0, 250);
    await abandon('b', 250, 260);
    await keepPoison(1, `${JSON.stringify(eventOf(900))}\n`);
    const stream = new Stream();
    const dry = await stream.replay({ isDryRun: true });
    expect(dry).toMatchObject({ status: 'done', acceptedCount: 261, scannedCount: 3 });
    expect([stream.sent.length, (await keys()).length]).toEqual([0, 3]);
  });

  it('ends complete after crashes anywhere, in as many parts as its rate asks for', async () => {
    await abandon('a', 0, 250);
    await abandon('b', 250, 260);
    await keepPoison(1, `${JSON.stringify(eventOf(900))}\n`);
    const stream = new Stream();
    for (const failsAfter of [0, 50, 100, 250]) {
      stream.failsAfter = failsAfter;
      await expect(stream.replay({ eventsPerSecond: 50 })).rejects.toThrow('gone');
    }
    stream.failsAfter = Number.POSITIVE_INFINITY;
    expect(await stream.replay()).toMatchObject({ status: 'done', acceptedCount: 261 });
    expect(stream.messageIds).toEqual([
      ...Array.from({ length: 260 }, (_, number) => `m${number}`),
      'm900',
    ]);
    expect(stream.sent.map(({ partitionKey }) => partitionKey).slice(0, 2)).toEqual([
      'key-0',
      'key-1',
    ]);
    expect(await keys()).toEqual([]);
    expect(stream.sleptMs).toBe(261 * 20);
  });

  it('leaves what still cannot be read where it is, and names it', async () => {
    await keepPoison(1, '{"no": "event"');
    await keepPoison(2, `${JSON.stringify(eventOf(2))}\n`);
    const Key = 'aws/lambda/mapping/shard/2026/11/27/broken';
    await client.send(
      new PutObjectCommand({ Bucket: failures.bucket, Key, Body: '{"payload":"{}"}' }),
    );
    const poisonKey = 'poison/shardId-000000000001/1.json';
    expect(await new Stream().replay()).toMatchObject({
      acceptedCount: 1,
      refusedCounts: { unreadable: 2 },
      unreadableKeys: [Key, poisonKey],
    });
    expect(await keys()).toEqual([Key, poisonKey]);
  });

  it('takes only the days asked for, and ends at its limit', async () => {
    await abandon('a', 0, 30);
    const past = { from: '2026-01-01', to: '2026-01-02', isDryRun: true };
    expect(await new Stream().replay(past)).toMatchObject({ status: 'done', scannedCount: 0 });
  });

  it('joins an identity that was too much once there is room, and counts its event once', async () => {
    const user: Identity = { kind: 'userId', key: 'u' };
    const devices = Array.from(
      { length: 48 },
      (_, number): Identity => ({
        kind: 'anonymousId',
        key: `d${number}`,
      }),
    );
    const profiles = new MemoryProfileStore();
    const refused: EventRefusal[] = [];
    let sequence = 0;
    const deliver = (event: unknown) => {
      sequence += 1;
      const ports = {
        profiles,
        catalogue: new MemoryCatalogueStore(),
        entryCache: new EntryCache(),
        writePoison: async () => undefined,
        keepRefused: async (each: readonly EventRefusal[]) => void refused.push(...each),
        surroundings: { nowMs: () => 0, random: () => 0, sleep: async () => undefined },
      };
      return enrichBatch(ports, [kinesisRecord(recordOf(event, 'u', String(sequence)))]);
    };
    for (const [number, device] of devices.entries()) {
      await deliver(eventOf(number, { identities: [user, device] }));
    }
    const [{ profileId, identity, event }] = refused as [EventRefusal];
    expect(identity).toBe('anonymousId#d47');
    await writeRefusedIdentities(client, failures.bucket, {
      day: TODAY,
      profileId,
      identities: [identity],
      event,
    });
    // The junk that filled the customer is gone.
    const before = profiles.colds.get(profileId)!;
    profiles.colds.set(profileId, { ...before, identities: before.identities.slice(-2) });
    const stream = new Stream();
    expect(await stream.replay()).toMatchObject({ acceptedCount: 1 });
    for (const { data } of stream.sent) await deliver(JSON.parse(Buffer.from(data).toString()));
    const [after] = profiles.liveProfiles();
    expect(after?.identities).toContain(identity);
    expect(after?.eventCount).toBe(48);
    expect(profiles.links.get(identity)).toBe(profileId);
  });
});
