import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventSourceMapping } from '../../local/event-source/event-source-mapping.ts';
import type { FailureObject } from '../../local/event-source/failure-destination.ts';
import type {
  BatchReport,
  MappingDefinition,
} from '../../local/event-source/mapping-definition.ts';
import type { RecordSource, StreamRecord } from '../../local/event-source/record-source.ts';
import type { InvokeResult } from '../../local/lambda/lambda-function.ts';

const SHARD = 'shardId-000000000000';
const DRAIN_MS = 20_000;

const definition: MappingDefinition = {
  id: 'mapping-1',
  functionName: 'fold',
  functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:fold',
  streamArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/events',
  region: 'eu-west-1',
  batchSize: 10,
  batchingWindowMs: 0,
  parallelizationFactor: 1,
  bisectsOnError: false,
  reportsItemFailures: true,
  retriesMax: 2,
  recordAgeMsMax: undefined,
  startingPosition: 'TRIM_HORIZON',
};

/** A record's text stands for it in these tests. */
function record(
  index: number,
  text: string,
  partitionKey = 'key',
  arrivedAtMs = Date.now(),
): StreamRecord {
  const sequenceNumber = String(index).padStart(10, '0');
  return { sequenceNumber, partitionKey, data: Buffer.from(text), arrivedAtMs };
}

const log = (...texts: string[]) => texts.map((text, index) => record(index, text));

function sourceOf(records: StreamRecord[]): RecordSource {
  const after = (position: string | undefined) =>
    records.filter(({ sequenceNumber }) => position === undefined || sequenceNumber > position);
  return {
    shardIds: () => [SHARD],
    shard: () => ({ parentIds: [], isClosed: false }),
    read: (_, position, recordsMax) => after(position).slice(0, recordsMax),
    waitForRecords: async (_, position, signal) => {
      while (after(position).length === 0 && !signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

interface Sent {
  readonly texts: string[];
  readonly sequenceNumbers: string[];
}

const response = (body: unknown = null): InvokeResult => ({
  kind: 'response',
  payload: JSON.stringify(body),
  requestId: 'request-1',
});
const error: InvokeResult = {
  kind: 'error',
  requestId: 'request-1',
  error: { errorType: 'Error', errorMessage: 'no' },
};
const failed = (...sequenceNumbers: (string | undefined)[]) =>
  response({ batchItemFailures: sequenceNumbers.map((itemIdentifier) => ({ itemIdentifier })) });

/** Runs a mapping over the records until all are handled or given up; gives what was sent and kept. */
async function run(
  records: StreamRecord[],
  handler: (sent: Sent, count: number) => InvokeResult | Promise<InvokeResult>,
  changes: Partial<MappingDefinition> = {},
) {
  const batches: string[][] = [];
  const failures: FailureObject[] = [];
  const reports: BatchReport[] = [];
  const mapping = new EventSourceMapping(
    { ...definition, ...changes },
    {
      source: sourceOf(records),
      invoke: async (payload) => {
        const { Records } = JSON.parse(payload);
        const sent: Sent = {
          texts: Records.map(({ kinesis }: { kinesis: { data: string } }) =>
            Buffer.from(kinesis.data, 'base64').toString(),
          ),
          sequenceNumbers: Records.map(
            ({ kinesis }: { kinesis: { sequenceNumber: string } }) => kinesis.sequenceNumber,
          ),
        };
        batches.push(sent.texts);
        return handler(sent, batches.length);
      },
      deliverFailure: async (failure) => {
        failures.push(failure);
      },
      onBatch: (report) => reports.push(report),
    },
  );
  await mapping.drain(DRAIN_MS);
  await mapping.stop();
  return { batches, failures, reports };
}

describe('an event source mapping', () => {
  it('sends batches in order, no larger than asked for', async () => {
    const { batches } = await run(log('a', 'b', 'c', 'd', 'e'), () => response(), { batchSize: 2 });
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('a batch is no larger than a payload may be', async () => {
    const large = 'x'.repeat(2_000_000);
    const { batches } = await run(log(large, large, large, 'y'), () => response());
    expect(batches.map(({ length }) => length)).toEqual([2, 2]);
  });

  it('a batch waits for the window to fill', async () => {
    const records = log('a');
    const late = setTimeout(() => records.push(record(1, 'b')), 20);
    const { batches } = await run(records, () => response(), {
      batchingWindowMs: 10_000,
      batchSize: 2,
    });
    clearTimeout(late);
    expect(batches).toEqual([['a', 'b']]);
  });

  it('a partial failure brings back everything from the lowest failed record on', async () => {
    const { batches, failures } = await run(
      log('a', 'b', 'c', 'd'),
      ({ sequenceNumbers }, count) =>
        count === 1 ? failed(sequenceNumbers[3], sequenceNumbers[1]) : response(),
    );
    expect(batches).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
    expect(failures).toEqual([]);
  });

  it.each([
    ['null', null],
    ['an empty object', {}],
    ['no list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('%s is a success', async (_, body) => {
    expect((await run(log('a'), () => response(body))).batches).toHaveLength(1);
  });

  it.each([
    ['an unknown record', [{ itemIdentifier: 'nothing' }]],
    ['an empty identifier', [{ itemIdentifier: '' }]],
    ['a misspelt key', [{ itemId: '0' }]],
  ])('a failure that names %s fails the whole batch', async (_, batchItemFailures) => {
    const { batches } = await run(log('a', 'b'), (_sent, count) =>
      count === 1 ? response({ batchItemFailures }) : response(),
    );
    expect(batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('without ReportBatchItemFailures the answer means nothing', async () => {
    const { batches } = await run(log('a'), ({ sequenceNumbers }) => failed(...sequenceNumbers), {
      reportsItemFailures: false,
    });
    expect(batches).toEqual([['a']]);
  });

  it('an error cuts the batch in two until the poison is alone, and only the poison is given up', async () => {
    const { batches, failures } = await run(
      log('a', 'b', 'poison', 'd'),
      ({ texts }) => (texts.includes('poison') ? error : response()),
      { bisectsOnError: true, retriesMax: 1 },
    );
    expect(batches).toEqual([
      ['a', 'b', 'poison', 'd'],
      ['a', 'b'],
      ['poison', 'd'],
      ['poison'],
      ['poison'],
      ['d'],
    ]);
    expect(failures).toHaveLength(1);
    const [failure] = failures;
    expect(failure?.key).toMatch(
      /^aws\/lambda\/mapping-1\/shardId-000000000000\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[\da-f-]{36}$/u,
    );
    const document = JSON.parse(failure?.body ?? '');
    expect(document).toMatchObject({
      version: '1.0',
      requestContext: {
        requestId: 'request-1',
        condition: 'RetryAttemptsExhausted',
        functionArn: definition.functionArn,
      },
      responseContext: { statusCode: 200, functionError: 'Unhandled' },
      KinesisBatchInfo: {
        shardId: SHARD,
        startSequenceNumber: '0000000002',
        endSequenceNumber: '0000000002',
        batchSize: 1,
        streamArn: definition.streamArn,
      },
    });
    const [{ kinesis }] = JSON.parse(document.payload).Records;
    expect(Buffer.from(kinesis.data, 'base64').toString()).toBe('poison');
  });

  it('without bisection a batch is tried as often as asked and given up as a whole', async () => {
    const { batches, failures, reports } = await run(log('a', 'b'), () => error, { retriesMax: 2 });
    expect(batches).toHaveLength(3);
    expect(JSON.parse(failures[0]?.body ?? '').KinesisBatchInfo.batchSize).toBe(2);
    expect(reports.at(-1)).toMatchObject({
      kind: 'delivered to the failure destination',
      recordCount: 2,
    });
  });

  it('a record older than it may be is given up before it is sent', async () => {
    const records = [record(0, 'old', 'key', Date.now() - 60_000), record(1, 'new')];
    const { batches, failures } = await run(records, () => response(), { recordAgeMsMax: 30_000 });
    expect(batches).toEqual([['new']]);
    expect(JSON.parse(failures[0]?.body ?? '').requestContext.condition).toBe('RecordAgeExceeded');
  });

  it('being throttled costs no retry', async () => {
    const throttled: InvokeResult = { kind: 'refused', reason: 'throttled', message: '' };
    const { batches, failures } = await run(
      log('a'),
      (_, count) => (count <= 3 ? throttled : response()),
      { retriesMax: 0 },
    );
    expect(batches).toHaveLength(4);
    expect(failures).toEqual([]);
  });

  it('starting at the latest leaves out what was there before', async () => {
    const { batches } = await run(log('a', 'b'), () => response(), { startingPosition: 'LATEST' });
    expect(batches).toEqual([]);
  });

  it('whatever fails, each key’s records are first handled in order, and none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 24 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (keys, troubles, parallelizationFactor, bisectsOnError) => {
          const records = keys.map((key, index) => record(index, `${key}${index}`, key));
          const handled: string[] = [];
          let inFlight = 0;
          const { failures } = await run(
            records,
            async ({ texts, sequenceNumbers }, count) => {
              inFlight += 1;
              expect(inFlight).toBeLessThanOrEqual(parallelizationFactor);
              await Promise.resolve();
              inFlight -= 1;
              const trouble = troubles[count - 1];
              if (trouble === 0) return error;
              const failedFrom =
                trouble === undefined ? texts.length : trouble % (texts.length + 1);
              handled.push(...texts.slice(0, failedFrom));
              return failedFrom === texts.length ? response() : failed(sequenceNumbers[failedFrom]);
            },
            { parallelizationFactor, bisectsOnError, batchSize: 5, retriesMax: 10 },
          );
          expect(failures).toEqual([]);
          for (const key of new Set(keys)) {
            const expected = records
              .filter(({ partitionKey }) => partitionKey === key)
              .map(({ data }) => data.toString());
            expect(handled.filter((text) => text.startsWith(key))).toEqual(expected);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
