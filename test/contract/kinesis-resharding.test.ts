/** How a stream changes its shards; KINDRED_CONTRACT_KINESIS_ENDPOINT points it elsewhere (endpoint.ts). */
import { createHash, randomUUID } from 'node:crypto';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KinesisEngine, startKinesisEngine } from '../../local/engines/kinesis.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';
import { until } from './until.ts';

const HASH_KEYS = 2n ** 128n;
const LOWER = 'shardId-000000000000';
const UPPER = 'shardId-000000000001';
let engine: KinesisEngine | undefined;
let client: KinesisClient;
let stream: string;

beforeAll(async () => {
  const foreign = foreignEndpoint('kinesis');
  engine = foreign === undefined ? await startKinesisEngine() : undefined;
  const endpoint = foreign ?? engine?.endpoint ?? '';
  client = new KinesisClient({ ...clientDefaults, endpoint, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await engine?.stop();
});
beforeEach(async () => {
  stream = `contract-${randomUUID()}`;
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }));
  await untilActive();
});
afterEach(() => client.send(new DeleteStreamCommand({ StreamName: stream })));

async function summary() {
  const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
  return answer.StreamDescriptionSummary;
}

async function untilActive(): Promise<void> {
  await until(async () => ((await summary())?.StreamStatus === 'ACTIVE' ? true : undefined));
}

async function split(shardId: string, hashKey: bigint): Promise<void> {
  const names = { StreamName: stream, ShardToSplit: shardId };
  await client.send(new SplitShardCommand({ ...names, NewStartingHashKey: String(hashKey) }));
  await untilActive();
}

async function merge(shardId: string, adjacentId: string): Promise<void> {
  const names = { ShardToMerge: shardId, AdjacentShardToMerge: adjacentId };
  await client.send(new MergeShardsCommand({ StreamName: stream, ...names }));
  await untilActive();
}

async function shards(): Promise<Shard[]> {
  return (await client.send(new ListShardsCommand({ StreamName: stream }))).Shards ?? [];
}

const isOpen = ({ SequenceNumberRange }: Shard) =>
  SequenceNumberRange?.EndingSequenceNumber === undefined;
const range = ({ HashKeyRange }: Shard) => [
  BigInt(HashKeyRange?.StartingHashKey ?? -1),
  BigInt(HashKeyRange?.EndingHashKey ?? -1),
];

const put = (key: string, text = '', more: { ExplicitHashKey?: string } = {}) =>
  client.send(
    new PutRecordCommand({
      StreamName: stream,
      PartitionKey: key,
      Data: new TextEncoder().encode(text),
      ...more,
    }),
  );

/** What a shard holds, and how its end reads; `pageSize` records at a time. */
async function readToEnd(shardId: string, pageSize = 1_000) {
  const start = {
    StreamName: stream,
    ShardId: shardId,
    ShardIteratorType: 'TRIM_HORIZON',
  } as const;
  let iterator = (await client.send(new GetShardIteratorCommand(start))).ShardIterator;
  const texts: string[] = [];
  for (;;) {
    const page = await client.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: pageSize }),
    );
    texts.push(...(page.Records ?? []).map(({ Data }) => new TextDecoder().decode(Data)));
    iterator = page.NextShardIterator;
    if (iterator === undefined) return { texts, children: page.ChildShards };
  }
}

/** In the lower of two shards, by its MD5. */
const isLower = (key: string) => md5(key) < HASH_KEYS / 2n;
const md5 = (key: string) => BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
const lowerKeys = Array.from({ length: 40 }, (_, index) => `key-${index}`).filter(isLower);

describe('a split', () => {
  it('closes the shard and opens two that share its hash keys', async () => {
    await split(LOWER, HASH_KEYS / 4n);
    const [parent, other, first, second] = await shards();
    expect([parent, other, first, second].map((shard) => shard && isOpen(shard))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect([first, second].map((shard) => shard?.ParentShardId)).toEqual([LOWER, LOWER]);
    expect([first, second].map((shard) => shard && range(shard))).toEqual([
      [0n, HASH_KEYS / 4n - 1n],
      [HASH_KEYS / 4n, HASH_KEYS / 2n - 1n],
    ]);
    expect((await summary())?.OpenShardCount).toBe(3);
  });

  it('sends records to the children by the MD5 of their key, with numbers that go on', async () => {
    const before = await Promise.all(lowerKeys.map((key) => put(key)));
    await split(LOWER, HASH_KEYS / 4n);
    const [parent, , first, second] = await shards();
    const ending = BigInt(parent?.SequenceNumberRange?.EndingSequenceNumber ?? 0);
    for (const { SequenceNumber = '' } of before) {
      expect(BigInt(SequenceNumber)).toBeLessThanOrEqual(ending);
    }
    for (const key of lowerKeys) {
      const { ShardId, SequenceNumber = '' } = await put(key);
      const child = md5(key) < HASH_KEYS / 4n ? first : second;
      expect(ShardId).toBe(child?.ShardId);
      const starting = BigInt(child?.SequenceNumberRange?.StartingSequenceNumber ?? 0);
      expect(starting).toBeGreaterThan(ending);
      expect(BigInt(SequenceNumber)).toBeGreaterThanOrEqual(starting);
    }
    const explicit = await put('a', '', { ExplicitHashKey: String(HASH_KEYS / 4n) });
    expect(explicit.ShardId).toBe(second?.ShardId);
  });

  it('leaves what the closed shard holds to be read, and says at its end where to go on', async () => {
    for (const text of ['0', '1', '2']) await put(lowerKeys[0] ?? '', text);
    await split(LOWER, HASH_KEYS / 4n);
    await put(lowerKeys[0] ?? '', 'after');
    for (const pageSize of [2, 3, 10]) {
      const { texts, children } = await readToEnd(LOWER, pageSize);
      expect(texts).toEqual(['0', '1', '2']);
      expect(children?.map(({ ShardId, ParentShards }) => [ShardId, ParentShards])).toEqual([
        ['shardId-000000000002', [LOWER]],
        ['shardId-000000000003', [LOWER]],
      ]);
    }
  });

  it.each([
    ['at the first hash key', 1n],
    ['at the last', HASH_KEYS / 2n - 1n],
    ['outside', HASH_KEYS / 2n],
  ])('is refused %s', async (_, hashKey) => {
    await expect(split(LOWER, hashKey)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    expect(await shards()).toHaveLength(2);
  });

  it('is refused of a shard that is closed, or not there', async () => {
    await split(LOWER, HASH_KEYS / 4n);
    await expect(split(LOWER, HASH_KEYS / 4n)).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
    await expect(split('shardId-000000000009', 5n)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('a merge', () => {
  it('closes both shards and opens one that has all their hash keys', async () => {
    const key = lowerKeys[0] ?? '';
    await put(key, 'before');
    await merge(LOWER, UPPER);
    const [lower, upper, child] = await shards();
    expect([lower, upper, child].map((shard) => shard && isOpen(shard))).toEqual([
      false,
      false,
      true,
    ]);
    expect(child).toMatchObject({ ParentShardId: LOWER, AdjacentParentShardId: UPPER });
    expect(child && range(child)).toEqual([0n, HASH_KEYS - 1n]);
    expect((await put(key)).ShardId).toBe(child?.ShardId);
    const { texts, children } = await readToEnd(LOWER);
    expect(texts).toEqual(['before']);
    expect(children).toMatchObject([{ ShardId: child?.ShardId, ParentShards: [LOWER, UPPER] }]);
  });

  it('is refused of shards whose hash keys do not follow each other', async () => {
    await split(LOWER, HASH_KEYS / 4n);
    const lowest = 'shardId-000000000002';
    await expect(merge(lowest, UPPER)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await expect(merge(UPPER, lowest)).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    expect((await summary())?.OpenShardCount).toBe(3);
  });
});

describe.skipIf(foreignEndpoint('kinesis') !== undefined)('the local engine', () => {
  it('refuses to reshard a stream that is on demand', async () => {
    engine?.createStream('on-demand');
    const asked = { StreamName: 'on-demand', ShardToSplit: LOWER, NewStartingHashKey: '5' };
    await expect(client.send(new SplitShardCommand(asked))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('whatever is split and merged, the open shards hold each hash key once', async () => {
    const step = fc.record({
      isSplit: fc.boolean(),
      at: fc.nat(),
      part: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        stream = `own-${randomUUID()}`;
        engine?.createStream(stream, 2);
        for (const { isSplit, at, part } of steps) {
          const open = inOrder(await shards());
          const index = at % open.length;
          const [chosen, next] = [open[index], open[index + 1]];
          const [from = 0n, to = 0n] = chosen === undefined ? [] : range(chosen);
          if (isSplit)
            await split(chosen?.ShardId ?? '', from + ((to - from) * BigInt(part)) / 10n);
          else if (next !== undefined) await merge(chosen?.ShardId ?? '', next.ShardId ?? '');
        }
        const edges = inOrder(await shards()).map(range);
        expect(edges.map(([from]) => from)).toEqual([
          0n,
          ...edges.slice(0, -1).map(([, to = 0n]) => to + 1n),
        ]);
        expect(edges.at(-1)?.[1]).toBe(HASH_KEYS - 1n);
      }),
      { numRuns: 30 },
    );
  });
});

function inOrder(all: readonly Shard[]): Shard[] {
  return all
    .filter(isOpen)
    .toSorted((a, b) => ((range(a)[0] ?? 0n) < (range(b)[0] ?? 0n) ? -1 : 1));
}
