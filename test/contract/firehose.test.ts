/** How the local Firehose delivers; it has no API of its own to be pointed elsewhere. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { KinesisClient, PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FirehoseOptions, startFirehose } from '../../local/engines/firehose.ts';
import { type KinesisEngine, startKinesisEngine } from '../../local/engines/kinesis.ts';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { clientDefaults } from './endpoint.ts';
import { until } from './until.ts';

const BUCKET = 'lake';
const HOUR_MS = 3_600_000;
let directory = '';
let kinesis: KinesisEngine;
let s3: S3Engine;
let writer: KinesisClient;
let reader: S3Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-firehose-'));
  kinesis = await startKinesisEngine({ now: () => Date.UTC(2026, 10, 23, 23, 59) });
  s3 = await startS3Engine({ directory });
  await s3.createBucket(BUCKET);
  writer = new KinesisClient({ ...clientDefaults, endpoint: kinesis.endpoint });
  reader = new S3Client({ ...clientDefaults, endpoint: s3.endpoint, forcePathStyle: true });
});
afterAll(async () => {
  writer.destroy();
  reader.destroy();
  await kinesis.stop();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

const deliver = (stream: string, more: Partial<FirehoseOptions> = {}) =>
  startFirehose({
    name: 'delivery',
    kinesis,
    stream,
    partitions: {
      prefix: `${stream}/day=!{timestamp:yyyy-MM-dd}/`,
      errorPrefix: '',
      query: undefined,
    },
    intervalMs: HOUR_MS,
    sizeBytes: 1024 * 1024,
    isGzip: true,
    put: (key, body, headers) => s3.putObject(BUCKET, key, body, headers),
    onDelivered: () => undefined,
    onError: () => undefined,
    ...more,
  });
const send = (stream: string, from: number, count: number) =>
  writer.send(
    new PutRecordsCommand({
      StreamName: stream,
      Records: Array.from({ length: count }, (_, index) => ({
        PartitionKey: `${from + index}`,
        Data: new TextEncoder().encode(`${from + index}\n`),
      })),
    }),
  );
async function lines(stream: string): Promise<{ keys: string[]; numbers: number[] }> {
  const { Contents = [] } = await reader.send(
    new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${stream}/` }),
  );
  const numbers: number[] = [];
  for (const { Key } of Contents) {
    const { Body } = await reader.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const text = gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString();
    numbers.push(...text.trim().split('\n').map(Number));
  }
  return { keys: Contents.map(({ Key = '' }) => Key), numbers: numbers.toSorted((a, b) => a - b) };
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a delivery stream', () => {
  it('writes every record once, under its day of arrival, and what is buffered when it stops', async () => {
    kinesis.createStream('once');
    const firehose = deliver('once');
    await send('once', 0, 300);
    await firehose.flush();
    await send('once', 300, 200);
    await firehose.stop();
    expect(firehose.deliveredCount).toBe(500);
    const { keys, numbers } = await lines('once');
    expect(numbers).toEqual(upTo(500));
    expect(keys.every((key) => key.startsWith('once/day=2026-11-23/'))).toBe(true);
  });

  it('writes an object when its size is reached, without waiting for the interval', async () => {
    kinesis.createStream('large');
    const delivered = Promise.withResolvers<number>();
    const firehose = deliver('large', { sizeBytes: 100, onDelivered: delivered.resolve });
    await send('large', 0, 100);
    expect(await delivered.promise).toBeGreaterThan(0);
    await firehose.stop();
    expect((await lines('large')).numbers).toEqual(upTo(100));
  });

  it('writes what has come when its interval is over', async () => {
    kinesis.createStream('interval');
    const delivered = Promise.withResolvers<number>();
    const firehose = deliver('interval', { intervalMs: 10, onDelivered: delivered.resolve });
    await send('interval', 0, 3);
    await delivered.promise;
    await firehose.stop();
    expect((await lines('interval')).numbers).toEqual(upTo(3));
  });

  it('writes object after object when a flush finds more than one holds', async () => {
    kinesis.createStream('many');
    await send('many', 0, 400);
    const firehose = deliver('many', { sizeBytes: 100 });
    await firehose.flush();
    const { keys, numbers } = await lines('many');
    expect(keys.length).toBeGreaterThan(1);
    expect(numbers).toEqual(upTo(400));
    await firehose.stop();
  });

  it('follows the stream through a split, records of the closed shard and the new ones alike', async () => {
    kinesis.createStream('split', 1);
    const firehose = deliver('split');
    await send('split', 0, 50);
    const [ShardToSplit] = kinesis.shardIds('split');
    await writer.send(
      new SplitShardCommand({
        StreamName: 'split',
        ShardToSplit,
        NewStartingHashKey: String(2n ** 127n),
      }),
    );
    await send('split', 50, 50);
    await until(async () => {
      await firehose.flush();
      return firehose.deliveredCount === 100 ? true : undefined;
    });
    await firehose.stop();
    expect((await lines('split')).numbers).toEqual(upTo(100));
  });

  it('takes up the shards of a split by itself, without being flushed', async () => {
    kinesis.createStream('split-full', 1);
    const firehose = deliver('split-full', { sizeBytes: 100 });
    const [ShardToSplit] = kinesis.shardIds('split-full');
    await writer.send(
      new SplitShardCommand({
        StreamName: 'split-full',
        ShardToSplit,
        NewStartingHashKey: String(2n ** 127n),
      }),
    );
    await send('split-full', 0, 100);
    await until(() => (firehose.deliveredCount > 0 ? true : undefined));
    await firehose.stop();
    expect((await lines('split-full')).numbers).toEqual(upTo(100));
  });

  it('says how many records S3 had not taken when it was stopped', async () => {
    kinesis.createStream('lost');
    const messages: string[] = [];
    const firehose = deliver('lost', {
      put: () => Promise.reject(new Error('S3 is down')),
      onError: (message) => messages.push(message),
    });
    await send('lost', 0, 7);
    await firehose.stop();
    expect(messages.at(-1)).toMatch(/7 records/u);
    expect(firehose.deliveredCount).toBe(0);
  });

  it('tries again when S3 fails', async () => {
    kinesis.createStream('again');
    let failures = 2;
    const firehose = deliver('again', {
      put: async (key, body, headers) => {
        failures -= 1;
        if (failures >= 0) throw new Error('S3 is down');
        await s3.putObject(BUCKET, key, body, headers);
      },
    });
    await send('again', 0, 10);
    await firehose.flush();
    await firehose.stop();
    expect((await lines('again')).numbers).toEqual(upTo(10));
  });

  it.each([
    'raw/!{partitionKeyFromQuery:source}/',
    'raw/!{firehose:random-string}/',
    'raw/!{timestamp:yyyy-DDD}/',
  ])('refuses the prefix %s, which it does not understand', (prefix) => {
    const partitions = { prefix, errorPrefix: '', query: undefined };
    expect(() => deliver('prefix', { partitions })).toThrow(/does not understand/u);
  });

  it('refuses a query that is more than paths, and a key that the prefix leaves out', () => {
    const prefix = 'raw/!{partitionKeyFromQuery:source}/';
    const asking = (query: string) => ({ partitions: { prefix, errorPrefix: '', query } });
    expect(() => deliver('query', asking('{source:.source|ascii_downcase}'))).toThrow(
      /does not understand/u,
    );
    expect(() => deliver('query', asking('{source:.source,day:.day}'))).toThrow(
      /not in the prefix/u,
    );
  });

  it('writes an object per value of the query, and records without one to the errors', async () => {
    kinesis.createStream('dynamic');
    const prefix = 'dynamic/day=!{timestamp:yyyy-MM-dd}/source=!{partitionKeyFromQuery:source}/';
    const firehose = deliver('dynamic', {
      isGzip: false,
      partitions: {
        prefix,
        errorPrefix: 'dynamic-errors/!{firehose:error-output-type}/',
        query: '{source:.source}',
      },
    });
    const data = [
      '{"source":"shop","n":1}',
      '{"source":"crm"}',
      'no JSON',
      '{"source":"shop","n":2}',
    ];
    await writer.send(
      new PutRecordsCommand({
        StreamName: 'dynamic',
        Records: data.map((text) => ({
          PartitionKey: 'one',
          Data: new TextEncoder().encode(`${text}\n`),
        })),
      }),
    );
    await firehose.stop();
    const found = new Map<string, string>();
    const { Contents = [] } = await reader.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'dynamic' }),
    );
    for (const { Key = '' } of Contents) {
      const { Body } = await reader.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      found.set(Key.slice(0, Key.lastIndexOf('/')), (await Body?.transformToString()) ?? '');
    }
    expect(found.get('dynamic/day=2026-11-23/source=shop')).toBe(
      '{"source":"shop","n":1}\n{"source":"shop","n":2}\n',
    );
    expect(found.get('dynamic/day=2026-11-23/source=crm')).toBe('{"source":"crm"}\n');
    const failed: unknown = JSON.parse(found.get('dynamic-errors/processing-failed') ?? '');
    expect(failed).toMatchObject({
      errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
      rawData: Buffer.from('no JSON\n').toString('base64'),
    });
  });
});
