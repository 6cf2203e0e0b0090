import { randomUUID } from 'node:crypto';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KinesisEngine, startKinesisEngine } from '../../local/engines/kinesis.ts';
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

  it('describes itself', async () => {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: stream }),
    );
    expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE', OpenShardCount: 2 });
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
    const unknown = new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: 'a',
      NewStartingHashKey: '1',
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
    const own = await startKinesisEngine();
    own.createStream('trimmed', 1);
    const writer = new KinesisClient({ ...clientDefaults, endpoint: own.endpoint });
    own.registerConsumer('trimmed', 'fast');
    own.registerConsumer('trimmed', 'slow');
    for (let batch = 0; batch < 3; batch += 1) {
      const Records = Array.from({ length: 500 }, (_, index) => ({
        PartitionKey: 'a',
        Data: bytes(`${batch * 500 + index}`),
      }));
      await writer.send(new PutRecordsCommand({ StreamName: 'trimmed', Records }));
    }
    const [shardId = ''] = own.shardIds('trimmed');
    const limit = { recordCount: 2_000, bytes: 1_000_000 };
    const all = own.read('trimmed', shardId, undefined, limit);
    const last = all.at(-1)?.sequenceNumber ?? '';
    own.checkpoint('trimmed', shardId, 'fast', last);
    expect(own.read('trimmed', shardId, undefined, limit)).toHaveLength(1_500);
    own.checkpoint('trimmed', shardId, 'slow', last);
    expect(own.read('trimmed', shardId, undefined, limit)).toHaveLength(0);
    writer.destroy();
    await own.stop();
  });
});
