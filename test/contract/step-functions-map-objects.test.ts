/** What a distributed Map reads from S3 and writes there, over S3's own protocol. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand, GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type S3Engine, startS3Engine } from '../../local/engines/s3.ts';
import { objectsAt } from '../../local/engines/step-functions/objects.ts';
import { invokeTask, jsonata, StepFunctionsHarness } from './step-functions-harness.ts';

const BUCKET = 'items';
let directory = '';
let s3: S3Engine;
let sfn: StepFunctionsHarness;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kindred-map-'));
  s3 = await startS3Engine({ directory });
  await s3.createBucket(BUCKET);
  sfn = await StepFunctionsHarness.start({ s3Endpoint: s3.endpoint });
});
afterAll(async () => {
  await sfn.stop();
  await s3.stop();
  await rm(directory, { recursive: true, force: true });
});

const put = (key: string, text: string) => s3.putObject(BUCKET, key, Buffer.from(text));
const read = async (key: string) => JSON.parse(await objectsAt(s3.endpoint).text(BUCKET, key));

function reader(InputType: string, Key: string) {
  return {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType },
    Arguments: { Bucket: BUCKET, Key },
  };
}

/** A machine whose one state is a distributed Map of the given fields; it passes each input on. */
function each(fields: object, work: object = { Type: 'Pass', End: true }, type = 'STANDARD') {
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: type },
    StartAt: 'Work',
    States: { Work: work },
  };
  return jsonata({ Each: { Type: 'Map', ItemProcessor, End: true, ...fields } });
}

describe('an ItemReader', () => {
  it('reads the lines of JSON of an object, as many as it may', async () => {
    await put('lines.jsonl', '{"a":1}\n{"a":2}\n\n{"a":3}\n');
    const ItemReader = reader('JSONL', 'lines.jsonl');
    expect(await sfn.output(each({ ItemReader }))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const ReaderConfig = { InputType: 'JSONL', MaxItems: 2 };
    expect(await sfn.output(each({ ItemReader: { ...ItemReader, ReaderConfig } }))).toHaveLength(2);
  });

  it('reads an array of JSON, from the place that the input names', async () => {
    await put('array.json', '[1,"two",{"three":3}]');
    const ItemReader = reader('JSON', '{% $states.input.key %}');
    const output = await sfn.output(each({ ItemReader }), { key: 'array.json' });
    expect(output).toEqual([1, 'two', { three: 3 }]);
  });

  it('lists objects in the form of S3', async () => {
    await put('list/b', '12');
    await put('list/a', '1');
    const ItemReader = {
      Resource: 'arn:aws:states:::s3:listObjectsV2',
      Arguments: { Bucket: BUCKET, Prefix: 'list/' },
    };
    const output = await sfn.output(each({ ItemReader }));
    expect(output).toEqual([
      expect.objectContaining({ Key: 'list/a', Size: 1, StorageClass: 'STANDARD' }),
      expect.objectContaining({ Key: 'list/b', Size: 2, LastModified: expect.any(Number) }),
    ]);
  });

  it.each(['nothing.json', 'broken.json'])('fails by its own name for %s', async (key) => {
    await put('broken.json', '{"not":"an array"}');
    const machine = each({ ItemReader: reader('JSON', key) });
    expect((await sfn.run(machine)).error).toBe('States.ItemReaderFailed');
  });
});

describe('an ItemBatcher', () => {
  it('hands over batches with what they share, after the selection', async () => {
    const machine = each({
      Items: [1, 2, 3],
      ItemSelector: { n: '{% $states.context.Map.Item.Value %}' },
      ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { of: '{% $states.input.name %}' } },
    });
    expect(await sfn.output(machine, { name: 'x' })).toEqual([
      { BatchInput: { of: 'x' }, Items: [{ n: 1 }, { n: 2 }] },
      { BatchInput: { of: 'x' }, Items: [{ n: 3 }] },
    ]);
  });

  it('ends a batch before it grows past what an execution takes', async () => {
    await put('large.jsonl', `${JSON.stringify('x'.repeat(100_000))}\n`.repeat(5));
    const output = await sfn.output(
      each(
        {
          ItemReader: reader('JSONL', 'large.jsonl'),
          ItemBatcher: { MaxItemsPerBatch: 10 },
        },
        { Type: 'Pass', Output: '{% $count($states.input.Items) %}', End: true },
      ),
    );
    expect(output).toEqual([2, 2, 1]);
  });

  it('counts every item of a batch that fails', async () => {
    const Fail = { Type: 'Fail', Error: 'No' };
    const fields = { Items: [1, 2, 3, 4], ItemBatcher: { MaxItemsPerBatch: 2 } };
    const tolerant = each({ ...fields, ToleratedFailureCount: 4 }, Fail);
    expect(await sfn.output(tolerant)).toEqual([]);
    const strict = each({ ...fields, ToleratedFailureCount: 3 }, Fail);
    expect((await sfn.run(strict)).error).toBe('States.ExceedToleratedFailureThreshold');
  });
});

const place = z.object({
  MapRunArn: z.string(),
  ResultWriterDetails: z.object({ Bucket: z.literal(BUCKET), Key: z.string() }),
});

describe('a ResultWriter', () => {
  const ResultWriter = {
    Resource: 'arn:aws:states:::s3:putObject',
    Arguments: { Bucket: BUCKET, Prefix: 'results' },
  };
  const odd = () =>
    sfn.lambda('odd', (payload) =>
      Number(payload) % 2 === 0
        ? { payload }
        : { payload: { errorType: 'Odd' }, functionError: 'Unhandled' },
    );

  it('writes a manifest and a file per status, and gives their place', async () => {
    const machine = each(
      { Items: [0, 1, 2], ResultWriter, ToleratedFailurePercentage: 50 },
      invokeTask(odd()),
    );
    const { MapRunArn, ResultWriterDetails } = place.parse(await sfn.output(machine));
    const folder = `results/${MapRunArn.split(':').at(-1)}`;
    expect(ResultWriterDetails.Key).toBe(`${folder}/manifest.json`);
    expect(await read(ResultWriterDetails.Key)).toEqual({
      DestinationBucket: BUCKET,
      MapRunArn,
      ResultFiles: {
        FAILED: [{ Key: `${folder}/FAILED_0.json`, Size: expect.any(Number) }],
        PENDING: [],
        SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json`, Size: expect.any(Number) }],
      },
    });
    expect(await read(`${folder}/SUCCEEDED_0.json`)).toMatchObject([
      { Input: '0', Output: '0', Status: 'SUCCEEDED' },
      { Input: '2', Output: '2', Status: 'SUCCEEDED' },
    ]);
    expect(await read(`${folder}/FAILED_0.json`)).toMatchObject([
      { Input: '1', Error: 'Odd', Status: 'FAILED' },
    ]);
  });

  it('leaves executions that can be described, each with its own history', async () => {
    const machine = each({ Items: ['a'], ResultWriter }, undefined, 'EXPRESS');
    const { MapRunArn } = place.parse(await sfn.output(machine));
    const [child] = await read(`results/${MapRunArn.split(':').at(-1)}/SUCCEEDED_0.json`);
    expect(child.ExecutionArn).toMatch(/:express:machine-\d+\/Each:[\w-]+:[\w-]+$/u);
    const executionArn: string = child.ExecutionArn;
    const described = await sfn.client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({ status: 'SUCCEEDED', input: '"a"' });
    const { events } = await sfn.client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events?.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('writes what has failed before the state fails of it', async () => {
    const machine = each({ Items: [1], ResultWriter, Label: 'Named' }, invokeTask(odd()));
    expect((await sfn.run(machine)).error).toBe('States.ExceedToleratedFailureThreshold');
    const listed = await objectsAt(s3.endpoint).list(BUCKET, 'results/');
    const written = await Promise.all(
      listed.filter(({ key }) => key.endsWith('manifest.json')).map(({ key }) => read(key)),
    );
    const [named] = written.filter(({ MapRunArn }) => MapRunArn.includes('/Named:'));
    expect(named.ResultFiles).toMatchObject({ FAILED: [{}], SUCCEEDED: [] });
  });

  it('fails by its own name where it cannot write', async () => {
    const elsewhere = { ...ResultWriter, Arguments: { Bucket: 'no-such-bucket' } };
    const machine = each({ Items: [1], ResultWriter: elsewhere });
    expect((await sfn.run(machine)).error).toBe('States.ResultWriterFailed');
  });
});

describe('a definition', () => {
  it.each([
    ['CSV', { ItemReader: reader('CSV', 'a') }, 'InputType'],
    ['a reader beside items', { Items: [1], ItemReader: reader('JSON', 'a') }, 'ItemReader'],
    ['a batch by bytes', { ItemBatcher: { MaxInputBytesPerBatch: 9 } }, 'MaxInputBytesPerBatch'],
    ['a transformed result', { ResultWriter: { WriterConfig: {} } }, 'WriterConfig'],
  ])('with %s is refused', (_what, fields, place) => {
    expect(() => sfn.define(each(fields))).toThrow(place);
  });
});
