/** What the product relies on in Kinesis; KINDRED_CONTRACT_KINESIS_ENDPOINT points it elsewhere (endpoint.ts). */
import { randomUUID } from 'node:crypto';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
  UpdateShardCountCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type KinesisEngine,
  type KinesisOptions,
  startKinesisEngine,
} from '../../local/engines/kinesis.ts';
import { Faults } from '../../local/faults.ts';
import { clientDefaults, foreignEndpoint } from './endpoint.ts';

const stream = `contract-${randomUUID()}`;
const faults = new Faults();
let engine: KinesisEngine | undefined;
let client: KinesisClient;
let endpoint: string;

beforeAll(async () => {
  const foreign = foreignEndpoint('kinesis');
  engine = foreign === undefined ? await startKinesisEngine({ faults }) : undefined;
  endpoint = foreign ?? engine?.endpoint ?? '';
  client = new KinesisClient({ ...clientDefaults, endpoint, maxAttempts: 1 });
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }));
  await waitUntilStreamExists({ client, maxWaitTime: 60 }, { StreamName: stream });
});
afterEach(() => faults.liftAll());
afterAll(async () => {
  await client.send(new DeleteStreamCommand({ StreamName: stream }));
  client.destroy();
  await engine?.stop();
});

const bytes = (text: string) => new TextEncoder().encode(text);

/** Everything in the stream from its start, per shard. */
async function readAll(): Promise<
  { key: string; text: string; sequence: string; shard: string }[]
> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const found = [];
  for (const { ShardId } of Shards) {
    let iterator = (
      await client.send(
        new GetShardIteratorCommand({
          StreamName: stream,
          ShardId,
          ShardIteratorType: 'TRIM_HORIZON',
        }),
      )
    ).ShardIterator;
    for (;;) {
      const page = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: 100 }),
      );
      for (const { PartitionKey = '', Data, SequenceNumber = '' } of page.Records ?? []) {
        found.push({
          key: PartitionKey,
          text: new TextDecoder().decode(Data),
          sequence: SequenceNumber,
          shard: ShardId ?? '',
        });
      }
      iterator = page.NextShardIterator;
      if ((page.Records ?? []).length === 0) break;
    }
  }
  return found;
}

describe('a stream', () => {
  it('gives back what was put, in order per partition key and on one shard', async () => {
    const key = randomUUID();
    for (let index = 0; index < 5; index += 1) {
      await client.send(
        new PutRecordCommand({ StreamName: stream, PartitionKey: key, Data: bytes(`${index}`) }),
      );
    }
    const mine = (await readAll()).filter((record) => record.key === key);
    expect(mine.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4']);
    expect(new Set(mine.map(({ shard }) => shard)).size).toBe(1);
    const sequences = mine.map(({ sequence }) => BigInt(sequence));
    expect(sequences).toEqual(sequences.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('spreads partition keys over its shards', async () => {
    const Records = Array.from({ length: 100 }, (_, index) => ({
      PartitionKey: `key-${index}`,
      Data: bytes('spread'),
    }));
    const { FailedRecordCount } = await client.send(
      new PutRecordsCommand({ StreamName: stream, Records }),
    );
    expect(FailedRecordCount).toBe(0);
    const shards = (await readAll())
      .filter(({ text }) => text === 'spread')
      .map(({ shard }) => shard);
    expect(new Set(shards).size).toBe(2);
  });

  it('is read on from after a sequence number', async () => {
    const key = randomUUID();
    const first = await client.send(
      new PutRecordCommand({ StreamName: stream, PartitionKey: key, Data: bytes('first') }),
    );
    await client.send(
      new PutRecordCommand({ StreamName: stream, PartitionKey: key, Data: bytes('second') }),
    );
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: stream,
        ShardId: first.ShardId,
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber: first.SequenceNumber,
      }),
    );
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records?.map(({ Data }) => new TextDecoder().decode(Data))).toEqual(['second']);
  });

  it('is read from a time, from a record on, and from its end', async () => {
    const key = randomUUID();
    const put = (text: string) =>
      client.send(
        new PutRecordCommand({ StreamName: stream, PartitionKey: key, Data: bytes(text) }),
      );
    const { ShardId, SequenceNumber } = await put('first');
    const read = async (start: Omit<GetShardIteratorCommandInput, 'ShardId'>) => {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamName: stream, ShardId, ...start }),
      );
      return async () => {
        const page = await client.send(new GetRecordsCommand({ ShardIterator }));
        return (page.Records ?? []).map(({ Data }) => new TextDecoder().decode(Data));
      };
    };
    const fromEnd = await read({ ShardIteratorType: 'LATEST' });
    await put('second');
    const fromFirst = await read({
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: SequenceNumber,
    });
    const fromHourAgo = await read({
      ShardIteratorType: 'AT_TIMESTAMP',
      Timestamp: new Date(Date.now() - 3_600_000),
    });
    expect(await fromEnd()).toEqual(['second']);
    expect(await fromFirst()).toEqual(['first', 'second']);
    expect((await fromHourAgo()).slice(-2)).toEqual(['first', 'second']);
    await expect(
      read({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: 'none' }),
    ).rejects.toMatchObject({ name: 'InvalidArgumentException' });
  });

  it('lists its shards page by page', async () => {
    const first = await client.send(new ListShardsCommand({ StreamName: stream, MaxResults: 1 }));
    const second = await client.send(
      new ListShardsCommand({ NextToken: first.NextToken, MaxResults: 1 }),
    );
    const ids = [...(first.Shards ?? []), ...(second.Shards ?? [])].map(({ ShardId }) => ShardId);
    expect(new Set(ids).size).toBe(2);
    expect(second.NextToken).toBeUndefined();
  });

  it('describes itself', async () => {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: stream }),
    );
    expect(StreamDescriptionSummary).toMatchObject({
      StreamStatus: 'ACTIVE',
      OpenShardCount: 2,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    });
  });
});

describe('what it refuses', () => {
  it('a stream that does not exist', async () => {
    const missing = new PutRecordCommand({
      StreamName: 'none',
      PartitionKey: 'a',
      Data: bytes('a'),
    });
    await expect(client.send(missing)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('all records of a request of which one is larger than a mebibyte', async () => {
    const key = randomUUID();
    const Records = [bytes('small'), new Uint8Array(1024 * 1024 + 1)].map((Data) => ({
      PartitionKey: key,
      Data,
    }));
    await expect(
      client.send(new PutRecordsCommand({ StreamName: stream, Records })),
    ).rejects.toMatchObject({ name: expect.stringMatching(/InvalidArgument|Validation/u) });
    expect((await readAll()).filter((record) => record.key === key)).toEqual([]);
  });

  it('more than 500 records at once', async () => {
    const Records = Array.from({ length: 501 }, () => ({ PartitionKey: 'a', Data: bytes('a') }));
    await expect(
      client.send(new PutRecordsCommand({ StreamName: stream, Records })),
    ).rejects.toThrow(/500/u);
  });
});

describe.skipIf(foreignEndpoint('kinesis') !== undefined)('the local engine', () => {
  it('speaks HTTP/1.1 on the same port', async () => {
    const http1 = new KinesisClient({
      ...clientDefaults,
      endpoint,
      requestHandler: new NodeHttpHandler(),
    });
    const { StreamDescriptionSummary } = await http1.send(
      new DescribeStreamSummaryCommand({ StreamName: stream }),
    );
    expect(StreamDescriptionSummary?.StreamName).toBe(stream);
    http1.destroy();
  });

  it('says that it does not implement an operation', async () => {
    const unknown = new UpdateShardCountCommand({
      StreamName: stream,
      TargetShardCount: 3,
      ScalingType: 'UNIFORM_SCALING',
    });
    await expect(client.send(unknown)).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  it('fails a share of the entries of PutRecords when told to, and keeps the others', async () => {
    faults.inject({
      service: 'kinesis',
      operation: 'PutRecords',
      action: { kind: 'partial', share: 0.5 },
      times: 1,
    });
    const key = randomUUID();
    const answer = await client.send(
      new PutRecordsCommand({
        StreamName: stream,
        Records: ['0', '1', '2', '3'].map((text) => ({ PartitionKey: key, Data: bytes(text) })),
      }),
    );
    expect(answer.FailedRecordCount).toBe(2);
    const kept = answer.Records?.map(({ ErrorCode }) => ErrorCode === undefined);
    const stored = (await readAll()).filter((record) => record.key === key).map(({ text }) => text);
    expect(stored).toEqual(['0', '1', '2', '3'].filter((_, index) => kept?.[index]));
  });

  it('keeps what a slow consumer has not read, and forgets what all have', async () => {
    await withEngine({ retainedBytes: 1_000 }, async (own, put) => {
      own.registerConsumer('own', 'fast');
      own.registerConsumer('own', 'slow');
      for (let batch = 0; batch < 3; batch += 1) {
        await put(Array.from({ length: 500 }, (_, index) => `${batch * 500 + index}`));
      }
      const [shardId = ''] = own.shardIds('own');
      const limit = { recordCount: 2_000, bytes: 1_000_000 };
      const all = own.read('own', shardId, undefined, limit);
      const last = all.at(-1)?.sequenceNumber ?? '';
      own.checkpoint('own', shardId, 'fast', last);
      expect(own.read('own', shardId, undefined, limit)).toHaveLength(1_500);
      own.checkpoint('own', shardId, 'slow', last);
      const left = own.read('own', shardId, undefined, limit);
      expect(left.length).toBeLessThan(10);
      expect(left).toEqual(all.slice(all.length - left.length));
    });
  });

  it('throttles writers while its memory is full of unread records, and drops none', async () => {
    await withEngine({ unreadBytesMax: 5_000, retainedBytes: 0 }, async (own, put) => {
      own.registerConsumer('own', 'only');
      const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
      const first = await put(texts);
      expect(first.FailedRecordCount).toBeGreaterThan(0);
      const kept = texts.filter((_, index) => first.Records?.[index]?.ErrorCode === undefined);
      expect(first.Records?.at(-1)?.ErrorCode).toBe('ProvisionedThroughputExceededException');
      const [shardId = ''] = own.shardIds('own');
      const held = own.read('own', shardId, undefined, { recordCount: 100, bytes: 1_000_000 });
      expect(held.map(({ data }) => data.toString())).toEqual(kept);
      own.checkpoint('own', shardId, 'only', held.at(-1)?.sequenceNumber ?? '');
      expect((await put(['after'])).FailedRecordCount).toBe(0);
    });
  });

  it('numbers on when it starts again, so that kept evidence of records stays true', async () => {
    let nowMs = Date.UTC(2026, 10, 23);
    const numbers: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      await withEngine({ now: () => nowMs }, async (_, put) => {
        const { Records = [] } = await put(['a', 'b']);
        numbers.push(...Records.map(({ SequenceNumber = '' }) => SequenceNumber));
      });
      nowMs += 1;
    }
    expect(new Set(numbers).size).toBe(4);
    expect(numbers).toEqual(numbers.toSorted());
    expect(numbers.every((number) => number.length === 56)).toBe(true);
  });

  it('lets an iterator expire after five minutes', async () => {
    let nowMs = Date.UTC(2026, 10, 23);
    await withEngine({ now: () => nowMs }, async (own, put) => {
      await put(['a']);
      const reader = new KinesisClient({ ...clientDefaults, endpoint: own.endpoint });
      const { ShardIterator } = await reader.send(
        new GetShardIteratorCommand({
          StreamName: 'own',
          ShardId: own.shardIds('own')[0],
          ShardIteratorType: 'TRIM_HORIZON',
        }),
      );
      nowMs += 301_000;
      await expect(reader.send(new GetRecordsCommand({ ShardIterator }))).rejects.toMatchObject({
        name: 'ExpiredIteratorException',
      });
      reader.destroy();
    });
  });

  it('wakes who waits for records, and lets go who waits no longer', async () => {
    await withEngine({}, async (own, put) => {
      const [shardId = ''] = own.shardIds('own');
      const abort = new AbortController();
      const woken = own.waitForRecords('own', shardId, undefined, abort.signal);
      const { Records = [] } = await put(['a']);
      await woken;
      const last = Records[0]?.SequenceNumber;
      const waiting = own.waitForRecords('own', shardId, last, abort.signal);
      abort.abort();
      await waiting;
    });
  });

  it.each([
    ['throttle', 'ProvisionedThroughputExceededException'],
    ['error', 'InternalServerError'],
  ] as const)('fails with "%s" when told to', async (kind, name) => {
    faults.inject({ service: 'kinesis', operation: 'PutRecord', action: { kind }, times: 1 });
    const put = new PutRecordCommand({ StreamName: stream, PartitionKey: 'a', Data: bytes('a') });
    await expect(client.send(put)).rejects.toMatchObject({ name });
  });

  it('refuses connections when told to, and serves the next', async () => {
    faults.inject({ service: 'kinesis', action: { kind: 'refuse' }, times: 1 });
    const describe = () => client.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
    await expect(describe()).rejects.toThrow();
    await expect(describe()).resolves.toBeDefined();
  });
});

/** An engine of its own with a stream `own` of one shard, and a writer of it. */
async function withEngine(
  options: KinesisOptions,
  run: (
    own: KinesisEngine,
    put: (texts: readonly string[]) => Promise<PutRecordsCommandOutput>,
  ) => Promise<void>,
): Promise<void> {
  const own = await startKinesisEngine(options);
  own.createStream('own', 1);
  const writer = new KinesisClient({ ...clientDefaults, endpoint: own.endpoint, maxAttempts: 1 });
  const put = (texts: readonly string[]) =>
    writer.send(
      new PutRecordsCommand({
        StreamName: 'own',
        Records: texts.map((text) => ({ PartitionKey: 'a', Data: bytes(text) })),
      }),
    );
  try {
    await run(own, put);
  } finally {
    writer.destroy();
    await own.stop();
  }
}
