import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../adapters/kinesis/event-stream.ts';
import { quarantineKey } from '../../adapters/s3/quarantine-store.ts';
import {
  createReplay,
  ReplayChangedError,
  readReplay,
  writeReplay,
} from '../../adapters/s3/replay-store.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { newReplay, type Replay, replayRequest } from '../../core/events/replay.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import type { ReplayPorts } from '../../lambdas/ingest/replay-chunk.ts';
import { continueReplay } from '../../lambdas/ingest/replay-step.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from '../contract/endpoint.ts';

const ID = '0b0a6c1e-6a3f-4f7e-9f43-0d1f8a3b7c55';
const DAY = '2026-11-20';
const RECEIVED_AT_MS = Date.parse(`${DAY}T12:00:00Z`);

let directory: string;
let s3: S3Engine;
let client: S3Client;
let quarantine: { client: S3Client; bucket: string };
let lake: { client: S3Client; bucket: string };
let bucketNumber = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-replay-'));
  s3 = await startS3Engine({ directory: join(directory, 's3') });
  client = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
});
beforeEach(async () => {
  bucketNumber += 1;
  quarantine = { client, bucket: `quarantine-${bucketNumber}` };
  lake = { client, bucket: `lake-${bucketNumber}` };
  await Promise.all([quarantine, lake].map(({ bucket }) => s3.createBucket(bucket)));
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A clock that only the replay's own waiting moves on, and a stream that keeps what it gets. */
class World {
  nowMs = 1_000_000;
  readonly sent: { readonly atMs: number; readonly record: StreamRecord }[] = [];
  /** Thrown by the stream once so many records are there. */
  failsAfter = Number.POSITIVE_INFINITY;
  /** How long a call to a store takes. */
  stepMs = 0;

  readonly ports: ReplayPorts = {
    quarantine: undefined as never,
    lake: undefined as never,
    failures: undefined as never,
    stream: {
      put: async (records) => {
        if (this.sent.length >= this.failsAfter) throw new Error('gone');
        this.nowMs += this.stepMs;
        for (const record of records) this.sent.push({ atMs: this.nowMs, record });
      },
    },
    identitySecret: async () => 's'.repeat(64),
    source: async (sourceId) => ({ source: sourceDocument.parse({ sourceId }) }),
    nowMs: () => this.nowMs,
    sleep: async (ms) => {
      this.nowMs += ms;
    },
  };

  async run(request: object = {}, deadlineMs = Number.POSITIVE_INFINITY): Promise<Replay> {
    const known = await readReplay(quarantine, ID);
    const asked = replayRequest.parse({ from: DAY, to: DAY, ...request });
    const stored = known ?? (await createReplay(quarantine, newReplay(ID, asked, 'a', this.nowMs)));
    return continueReplay(stored, { ...this.ports, quarantine, lake }, deadlineMs);
  }

  get messageIds(): string[] {
    return this.sent.map(({ record }) => JSON.parse(Buffer.from(record.data).toString()).messageId);
  }
}

async function put(bucket: string, Key: string, Body: string | Buffer): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
}

/** Calls that were refused once and would be accepted now; every one with a message id of its own. */
async function refuse(count: number, source = 'web-shop', prefix = 'm'): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, number) => {
      const call = { type: 'track', event: 'Quiz', userId: 'u', messageId: `${prefix}-${number}` };
      const refused = {
        index: 0,
        messageId: call.messageId,
        reason: 'bad-properties' as const,
        issues: [],
        call,
      };
      const kept = quarantinedCall(refused, { source, receivedAtMs: RECEIVED_AT_MS });
      return put(quarantine.bucket, quarantineKey(kept), JSON.stringify(kept));
    }),
  );
}

async function keysBelow(prefix: string): Promise<number> {
  const listed = await client.send(
    new ListObjectsV2Command({ Bucket: quarantine.bucket, Prefix: prefix }),
  );
  return listed.KeyCount ?? 0;
}

function line(number: number, more: Partial<CollectedEvent> = {}): string {
  return JSON.stringify({
    schemaVersion: 1,
    messageId: `raw-${number}`,
    type: 'track',
    event: 'Quiz',
    identities: [{ kind: 'userId', key: 'k' }],
    source: 'web-shop',
    sourcePriority: 100,
    timestamp: `${DAY}T12:00:00.000Z`,
    receivedAt: `${DAY}T12:00:00.000Z`,
    ...more,
  });
}
const lines = (from: number, to: number, more: Partial<CollectedEvent> = {}) =>
  Array.from({ length: to - from }, (_, index) => line(from + index, more)).join('\n');
const rawKey = (name: string, day = DAY) => `raw/day=${day}/source=web-shop/${name}.gz`;

describe('a replay of quarantine', () => {
  it('sends no more events a second than it may, from the first one on', async () => {
    await refuse(95);
    const world = new World();
    expect(await world.run({ eventsPerSecond: 10 })).toMatchObject({
      status: 'done',
      acceptedCount: 95,
    });
    for (const { atMs } of world.sent) {
      const inSecond = world.sent.filter(
        (other) => other.atMs >= atMs && other.atMs < atMs + 1_000,
      );
      expect(inSecond.length).toBeLessThanOrEqual(10);
    }
    expect(new Set(world.messageIds).size).toBe(95);
  });

  it('gets on although nothing matches for longer than a step lasts', async () => {
    await refuse(1_200, 'app');
    await refuse(1, 'web-shop', 'late');
    const world = new World();
    // Every look at the clock takes a second, and a step has one: it ends with its first page.
    const ports = { ...world.ports, nowMs: () => (world.nowMs += 1_000) };
    Object.assign(world, { ports });
    const request = { sources: ['web-shop'] };
    const first = await world.run(request, world.nowMs + 1_000);
    expect(first).toMatchObject({ status: 'running', scannedCount: 1_000, readCount: 0 });
    const second = await world.run(request);
    expect(second).toMatchObject({ status: 'done', scannedCount: 1_201, acceptedCount: 1 });
  });

  it('passes what cannot be read, and names it', async () => {
    await refuse(3);
    const damaged = `quarantine/day=${DAY}/reason=bad-time/source=app/${'a'.repeat(32)}.json`;
    const foreign = `quarantine/day=${DAY}/reason=bad-time/source=app/${'b'.repeat(32)}.json`;
    await put(quarantine.bucket, damaged, '{"id":');
    await put(quarantine.bucket, foreign, '{"some":"thing"}');
    await put(quarantine.bucket, `quarantine/day=${DAY}/README.txt`, 'left by somebody');
    expect(await new World().run()).toMatchObject({
      status: 'done',
      acceptedCount: 3,
      refusedCounts: { unreadable: 2 },
      unreadableKeys: [damaged, foreign],
    });
  });

  it('ends complete after crashes anywhere, and sends nothing under another id', async () => {
    await refuse(250);
    const world = new World();
    for (const failsAfter of [0, 100, 100, 200]) {
      world.failsAfter = failsAfter;
      await expect(world.run({ eventsPerSecond: 1_000 })).rejects.toThrow('gone');
    }
    world.failsAfter = Number.POSITIVE_INFINITY;
    expect(await world.run()).toMatchObject({ status: 'done', acceptedCount: 250 });
    expect(new Set(world.messageIds).size).toBe(250);
    expect(await keysBelow('quarantine/')).toBe(0);
    expect(await keysBelow('replayed/')).toBe(250);
    // Done is done: once more is nothing.
    expect(await world.run()).toMatchObject({ status: 'done', acceptedCount: 250 });
    expect(world.sent).toHaveLength(250);
  });

  it('stops when another execution has taken it over', async () => {
    await refuse(250);
    const world = new World();
    const taking: ReplayPorts = {
      ...world.ports,
      stream: {
        put: async (records) => {
          await world.ports.stream.put(records, 0);
          const stored = await readReplay(quarantine, ID);
          if (stored?.replay.owner !== 'a') return;
          await writeReplay(quarantine, { ...stored.replay, owner: 'b' }, stored);
        },
      },
    };
    const asked = replayRequest.parse({ from: DAY, to: DAY });
    const mine = await createReplay(quarantine, newReplay(ID, asked, 'a', 0));
    await expect(
      continueReplay(mine, { ...taking, quarantine, lake }, Number.POSITIVE_INFINITY),
    ).rejects.toThrow(ReplayChangedError);
    expect((await readReplay(quarantine, ID))?.replay.owner).toBe('b');
    expect(await world.run()).toMatchObject({ status: 'done' });
    expect(new Set(world.messageIds).size).toBe(250);
  });
});

describe('a replay of the lake', () => {
  it('sends each line of the days once, whatever else lies there', async () => {
    await put(lake.bucket, rawKey('a'), gzipSync(lines(0, 150)));
    await put(lake.bucket, rawKey('b'), gzipSync(`${lines(150, 160)}\nno JSON\n${line(160)}\n`));
    await put(lake.bucket, rawKey('c'), gzipSync(lines(200, 300)).subarray(0, 200));
    await put(lake.bucket, rawKey('d'), gzipSync(lines(161, 170)));
    await put(lake.bucket, rawKey('a', '2026-11-19'), gzipSync(lines(900, 910)));
    await put(lake.bucket, rawKey('a', '2026-11-21'), gzipSync(lines(910, 920)));
    const world = new World();
    const done = await world.run({ what: 'raw' });
    expect(done).toMatchObject({ status: 'done', unreadableKeys: [rawKey('c')] });
    const own = world.messageIds.filter((id) => Number(id.slice(4)) < 170);
    expect(own).toEqual(Array.from({ length: 170 }, (_, number) => `raw-${number}`));
    expect(world.messageIds.some((id) => Number(id.slice(4)) >= 900)).toBe(false);
  });

  it('opens a file once a step, and goes on in the middle of it', async () => {
    await put(lake.bucket, rawKey('a'), gzipSync(lines(0, 1_000)));
    let openCount = 0;
    const counting = new S3Client({
      ...clientDefaults,
      endpoint: s3.endpoint,
      forcePathStyle: true,
    });
    counting.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === 'GetObjectCommand') openCount += 1;
          return next(args);
        },
      { step: 'initialize' },
    );
    lake = { ...lake, client: counting };
    const world = new World();
    world.stepMs = 10_000;
    // Three chunks, then the time is up.
    const first = await world.run({ what: 'raw' }, world.nowMs + 25_000);
    expect(first).toMatchObject({ status: 'running', lineCount: 300 });
    expect(await world.run()).toMatchObject({ status: 'done', acceptedCount: 1_000 });
    expect(openCount).toBe(2);
    expect(world.messageIds).toEqual(Array.from({ length: 1_000 }, (_, n) => `raw-${n}`));
    counting.destroy();
  });

  it('takes one source of many, dry or real, and a limit', async () => {
    await put(lake.bucket, rawKey('a'), gzipSync(lines(0, 500, { source: 'app' })));
    await put(lake.bucket, rawKey('b'), gzipSync(lines(500, 520)));
    const world = new World();
    const request = { what: 'raw', sources: ['web-shop'], limit: 7 };
    expect(await world.run({ ...request, isDryRun: true })).toMatchObject({
      readCount: 7,
      acceptedCount: 7,
      scannedCount: 507,
    });
    expect(world.sent).toHaveLength(0);
  });

  it('says of each event that it was on the stream before, and sends nothing that says so already', async () => {
    const again = JSON.stringify({ ...JSON.parse(line(2)), replayed: true });
    await put(lake.bucket, rawKey('a'), gzipSync(`${line(1)}\n${again}\n${line(3)}\n`));
    const world = new World();
    expect(await world.run({ what: 'raw' })).toMatchObject({
      scannedCount: 3,
      readCount: 2,
      acceptedCount: 2,
    });
    const sent = world.sent.map(({ record }) => JSON.parse(Buffer.from(record.data).toString()));
    expect(sent).toEqual([1, 3].map((number) => ({ ...JSON.parse(line(number)), replayed: true })));
  });

  it('takes lines that an older version wrote', async () => {
    const { schemaVersion: _, sourcePriority: __, ...old } = JSON.parse(line(1));
    await put(lake.bucket, rawKey('a'), gzipSync(JSON.stringify(old)));
    expect(await new World().run({ what: 'raw' })).toMatchObject({ acceptedCount: 1 });
  });
});
