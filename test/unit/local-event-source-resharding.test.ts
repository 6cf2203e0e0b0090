import { createHash } from 'node:crypto';
import {
  KinesisClient,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KinesisEngine, startKinesisEngine } from '../../local/engines/kinesis.ts';
import { EventSourceMapping } from '../../local/event-source/event-source-mapping.ts';
import type { MappingDefinition } from '../../local/event-source/mapping-definition.ts';
import type { InvokeResult } from '../../local/lambda/lambda-function.ts';
import { recordSource } from '../../local/provision/stream-consumers.ts';
import { clientDefaults } from '../contract/endpoint.ts';
import { until } from '../contract/until.ts';

const DRAIN_MS = 20_000;
const MIDDLE = String(2n ** 127n);
/** By the MD5 of their keys; a split in the middle parts them. */
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const [LOWER_KEY = '', UPPER_KEY = ''] = [true, false].map((isLower) =>
  KEYS.find((key) => createHash('md5').update(key).digest().readUInt8(0) < 128 === isLower),
);
const PARENT = 'shardId-000000000000';

let kinesis: KinesisEngine;
let client: KinesisClient;
let streamCount = 0;

beforeAll(async () => {
  kinesis = await startKinesisEngine();
  client = new KinesisClient({ ...clientDefaults, endpoint: kinesis.endpoint });
});
afterAll(async () => {
  client.destroy();
  await kinesis.stop();
});

interface Handled {
  readonly key: string;
  readonly text: string;
  readonly shardId: string;
}

const success: InvokeResult = { kind: 'response', payload: 'null', requestId: 'request-1' };
const failure: InvokeResult = {
  kind: 'error',
  requestId: 'request-1',
  error: { errorType: 'Error', errorMessage: 'no' },
};

/** A mapping that reads a stream of its own, and the stream's operations. */
function startMapping(
  stream: string,
  handler: (batch: readonly Handled[]) => Promise<InvokeResult> | InvokeResult,
  changes: Partial<MappingDefinition> = {},
) {
  const handled: Handled[] = [];
  const definition: MappingDefinition = {
    id: 'mapping-1',
    functionName: 'fold',
    functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:fold',
    streamArn: `arn:aws:kinesis:eu-west-1:000000000000:stream/${stream}`,
    region: 'eu-west-1',
    batchSize: 3,
    batchingWindowMs: 0,
    parallelizationFactor: 2,
    bisectsOnError: false,
    reportsItemFailures: true,
    retriesMax: undefined,
    recordAgeMsMax: undefined,
    startingPosition: 'TRIM_HORIZON',
    ...changes,
  };
  const mapping = new EventSourceMapping(definition, {
    source: recordSource(kinesis, stream, 'mapping-1'),
    invoke: async (payload) => {
      const { Records } = JSON.parse(payload);
      const batch: Handled[] = Records.map(
        (record: { eventID: string; kinesis: { partitionKey: string; data: string } }) => ({
          key: record.kinesis.partitionKey,
          text: Buffer.from(record.kinesis.data, 'base64').toString(),
          shardId: record.eventID.split(':')[0],
        }),
      );
      const answer = await handler(batch);
      if (answer.kind === 'response') handled.push(...batch);
      return answer;
    },
    deliverFailure: undefined,
    onBatch: () => undefined,
  });
  return { mapping, handled };
}

function newStream(): string {
  streamCount += 1;
  kinesis.createStream(`stream-${streamCount}`, 1);
  return `stream-${streamCount}`;
}

const put = (stream: string, records: readonly { key: string; text: string }[]) =>
  client.send(
    new PutRecordsCommand({
      StreamName: stream,
      Records: records.map(({ key, text }) => ({ PartitionKey: key, Data: Buffer.from(text) })),
    }),
  );
const splitParent = (stream: string) =>
  client.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: PARENT,
      NewStartingHashKey: MIDDLE,
    }),
  );

describe('an event source mapping over a stream whose shards change', () => {
  it('reads the children of a split, each when the parent has come to its end', async () => {
    const stream = newStream();
    const held = Promise.withResolvers<void>();
    const { mapping, handled } = startMapping(
      stream,
      async (batch) => {
        if (batch.some(({ text }) => text === 'held')) await held.promise;
        return success;
      },
      { parallelizationFactor: 1, batchSize: 1 },
    );
    await put(stream, [
      { key: UPPER_KEY, text: 'first' },
      { key: LOWER_KEY, text: 'held' },
    ]);
    await until(() => (handled.length === 1 ? true : undefined));
    await splitParent(stream);
    await put(stream, [
      { key: UPPER_KEY, text: 'later' },
      { key: LOWER_KEY, text: 'later' },
    ]);
    // The upper child's key has nothing in flight; Lambda waits for the whole parent all the same.
    const drained = mapping.drain(DRAIN_MS);
    await new Promise(setImmediate);
    expect(handled.map(({ text }) => text)).toEqual(['first']);
    held.resolve();
    await drained;
    await mapping.stop();
    expect(handled.slice(0, 2).map(({ text }) => text)).toEqual(['first', 'held']);
    expect(new Set(handled.slice(2).map(({ key, shardId }) => `${key} ${shardId}`))).toEqual(
      new Set([`${LOWER_KEY} shardId-000000000001`, `${UPPER_KEY} shardId-000000000002`]),
    );
  });

  it('is not kept waiting for a batching window at the end of a closed shard', async () => {
    const stream = newStream();
    const { mapping, handled } = startMapping(stream, () => success, {
      batchingWindowMs: 3_600_000,
      batchSize: 2,
      parallelizationFactor: 1,
    });
    await put(stream, [{ key: LOWER_KEY, text: '0' }]);
    await splitParent(stream);
    await put(
      stream,
      ['1', '2'].map((text) => ({ key: LOWER_KEY, text })),
    );
    await mapping.drain(DRAIN_MS);
    await mapping.stop();
    expect(handled.map(({ text }) => text)).toEqual(['0', '1', '2']);
  });

  it('that starts at the latest reads all of the shards that open after it', async () => {
    const stream = newStream();
    await put(stream, [{ key: LOWER_KEY, text: 'before' }]);
    const { mapping, handled } = startMapping(stream, () => success, {
      startingPosition: 'LATEST',
    });
    await mapping.drain(DRAIN_MS);
    await splitParent(stream);
    await put(stream, [{ key: LOWER_KEY, text: 'after' }]);
    await mapping.drain(DRAIN_MS);
    await mapping.stop();
    expect(handled.map(({ text }) => text)).toEqual(['after']);
  });

  it('whatever is split, merged and fails, handles each key’s records once and in order', async () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('put' as const),
          count: fc.integer({ min: 1, max: 9 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('split' as const), at: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), at: fc.nat() }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 14 }),
        fc.array(fc.boolean(), { maxLength: 4 }),
        async (steps, failures) => {
          const stream = newStream();
          const ranges = [{ shardId: PARENT, from: 0n, to: 2n ** 128n - 1n }];
          const isFailing = failures[Symbol.iterator]();
          const { mapping, handled } = startMapping(stream, () =>
            isFailing.next().value === true ? failure : success,
          );
          let recordCount = 0;
          let shardCount = 1;
          const newId = () => `shardId-${String(shardCount++).padStart(12, '0')}`;
          for (const each of steps) {
            if (each.kind === 'put') {
              const records = Array.from({ length: each.count }, () => {
                recordCount += 1;
                return { key: KEYS[recordCount % KEYS.length] ?? '', text: String(recordCount) };
              });
              await put(stream, records);
              continue;
            }
            const index = each.at % ranges.length;
            const [chosen, next] = ranges.slice(index, index + 2);
            if (chosen === undefined) continue;
            if (each.kind === 'split') {
              const middle = (chosen.from + chosen.to) / 2n + 1n;
              const key = { ShardToSplit: chosen.shardId, NewStartingHashKey: String(middle) };
              await client.send(new SplitShardCommand({ StreamName: stream, ...key }));
              const lower = { shardId: newId(), from: chosen.from, to: middle - 1n };
              ranges.splice(index, 1, lower, { shardId: newId(), from: middle, to: chosen.to });
            } else if (next !== undefined) {
              const pair = { ShardToMerge: chosen.shardId, AdjacentShardToMerge: next.shardId };
              await client.send(new MergeShardsCommand({ StreamName: stream, ...pair }));
              ranges.splice(index, 2, { shardId: newId(), from: chosen.from, to: next.to });
            }
          }
          await mapping.drain(DRAIN_MS);
          await mapping.stop();
          expect(handled).toHaveLength(recordCount);
          for (const key of KEYS) {
            const numbers = handled
              .filter((one) => one.key === key)
              .map(({ text }) => Number(text));
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          }
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);
});
