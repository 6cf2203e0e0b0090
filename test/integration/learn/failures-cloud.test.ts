import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { readableTable } from '../../../adapters/dynamodb/client-reads.ts';
import { flipPointer, readPointer } from '../../../adapters/dynamodb/model-pointer.ts';
import { writeLatest } from '../../../adapters/s3/quality-store.ts';
import {
  enteredStates,
  executionStatus,
  startExecution,
} from '../../../adapters/stepfunctions/executions.ts';
import { itemNamed } from '../../training/training-data.ts';
import { board, boardOrders } from '../../training/training-steps.ts';
import { eventually, startTestCloud, type TestCloud } from '../cloud.ts';

// A cloud, and then some fifteen runs of training, of the bundles that deploy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

let test: TestCloud;
beforeAll(async () => {
  test = await startTestCloud();
});
afterAll(() => test?.stop());

const resource = (name: string) => test.cloud.connection.resources[name] ?? '';
const table = () => ({ client: test.clients.dynamoDb, table: resource('ConfigTableName') });
const pointer = () => readPointer(readableTable(table()), { consistent: true });
const orders = boardOrders();

async function putItems(items: readonly object[]): Promise<void> {
  const TableName = resource('CatalogueTableName');
  const { Items = [] } = await test.clients.dynamoDb.send(new ScanCommand({ TableName }));
  for (const { itemId } of Items) {
    const Key = { itemId: itemId ?? { S: '' } };
    await test.clients.dynamoDb.send(new DeleteItemCommand({ TableName, Key }));
  }
  for (const item of items) {
    await test.clients.dynamoDb.send(new PutItemCommand({ TableName, Item: marshall(item) }));
  }
}

/** Whatever else is in the lake goes. */
async function putEvents(events: readonly object[]): Promise<void> {
  const Bucket = resource('LakeBucketName');
  const { s3 } = test.clients;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'raw/' }));
  for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  if (events.length === 0) return;
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const Key = 'raw/day=2026-11-01/source=website/a.gz';
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: gzipSync(lines) }));
}

/** The state in which a run ends, and its error; `onState` is told each state as it is entered. */
async function run(onState?: (name: string) => void): Promise<{ end: string; error?: string }> {
  const { sfn } = test.clients;
  const arn = await startExecution(sfn, resource('TrainStateMachineArn'), {});
  let seen = 0;
  const status = await eventually(
    'the end of the run',
    async () => {
      const states = await enteredStates(sfn, arn);
      for (const { name } of states.slice(seen)) onState?.(name);
      seen = states.length;
      return executionStatus(sfn, arn);
    },
    ({ kind }) => kind !== 'running',
    120_000,
  );
  const states = await enteredStates(sfn, arn);
  const end = states.at(-1)?.name ?? '';
  return status.kind === 'succeeded' ? { end } : { end, error: JSON.stringify(status) };
}

const rings = (alarm: string) =>
  eventually(
    `the alarm ${alarm}`,
    async () => test.cloud.alarms().find(({ name }) => name.endsWith(alarm))?.state,
    (state) => state === 'ALARM',
  );

const sound = { items: board.items.map((item) => ({ ...item })), events: orders };
const withProducts = (of: (row: number) => string) =>
  orders.map((order, row) => ({
    ...order,
    properties: { order_id: `o-${row}`, products: [{ product_id: of(row) }] },
  }));

describe('data that nothing can be learnt from', () => {
  it.each<[string, () => { items: object[]; events: object[] }, string]>([
    ['an empty lake', () => ({ ...sound, events: [] }), 'interactions: 0'],
    [
      'one customer',
      () => ({
        ...sound,
        events: orders.map((order) => ({ ...order, identities: [{ kind: 'userId', key: 'ann' }] })),
      }),
      'customers: 1',
    ],
    ['one item', () => ({ ...sound, events: withProducts(() => 'i1') }), 'items: 1'],
    [
      'a catalogue that shares no item with the interactions',
      () => ({ ...sound, events: withProducts((row) => `other-${row % 60}`) }),
      'unknown items: ',
    ],
    [
      'prices that are no numbers',
      () => ({
        ...sound,
        items: board.items.map(({ itemId }) => ({ ...itemNamed(itemId), price: 'NaN' })),
      }),
      'malformed items: 60 of 60',
    ],
    [
      'clocks in the future',
      () => ({
        ...sound,
        events: orders.map((order) => ({
          ...order,
          timestamp: '2099-01-01T00:00:00.000Z',
          receivedAt: '2099-01-01T00:00:00.000Z',
        })),
      }),
      'future times: ',
    ],
  ])('%s ends in SnapshotRejected, says why, and publishes nothing', async (_, data, reason) => {
    const { items, events } = data();
    await putItems(items);
    await putEvents(events);
    const { end, error } = await run();
    expect(end).toBe('SnapshotRejected');
    expect(error).toContain(reason);
    expect(await pointer()).toBeUndefined();
  });

  it('rings', () => rings('training-failed'));
});

describe('a model that is published', () => {
  it('is the first, and stays when a function dies in the middle of its successor’s run', async () => {
    await putItems(sound.items);
    await putEvents(sound.events);
    expect(await run()).toEqual({ end: 'Published' });
    const first = await pointer();
    expect(first).toMatchObject({ version: 1 });
    for (const [step, end] of [
      ['Snapshot', 'SnapshotFailed'],
      ['Train', 'TrainingFailed'],
    ] as const) {
      let killing: NodeJS.Timeout | undefined;
      const kill = (name: string) => {
        if (name === step) killing = setInterval(() => test.cloud.functions.kill(step), 5);
        else clearInterval(killing);
      };
      const outcome = await run(kill);
      clearInterval(killing);
      expect(outcome.end).toBe(end);
      expect(await pointer()).toEqual(first);
    }
  });

  it('stays while the nightly audit says stop', async () => {
    const before = await pointer();
    const lake = { client: test.clients.s3, bucket: resource('LakeBucketName') };
    const latest = {
      formVersion: 1,
      day: '2026-11-26',
      writtenAt: new Date().toISOString(),
      verdict: 'stop',
      suites: [],
    } as const;
    await writeLatest(lake, { ...latest, suites: [] });
    expect((await run()).end).toBe('StoppedByAudit');
    expect(await pointer()).toEqual(before);
    await writeLatest(lake, { ...latest, verdict: 'passed', suites: [] });
  });
});

describe('the way back', () => {
  let folder: string;
  beforeAll(async () => {
    // A repository like this one, but for its own folder of whatever runs here.
    folder = await mkdtemp(join(tmpdir(), 'kindred-model-'));
    await mkdir(join(folder, '.kindred'));
    for (const name of await readdir(process.cwd())) {
      if (name !== '.kindred') await symlink(join(process.cwd(), name), join(folder, name));
    }
    const connection = JSON.stringify(test.cloud.connection);
    await writeFile(join(folder, '.kindred', 'connection.json'), connection);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function kindred(...given: string[]): Promise<string> {
    const bin = join(process.cwd(), 'bin', 'kindred.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [bin, 'model', ...given], {
      cwd: folder,
    });
    return stdout;
  }

  /** The id of the model that the endpoint answers with. */
  const served = async () => {
    const answer = await test.fetchBlock('/v1/health');
    return z.object({ model: z.string() }).parse(await answer.json()).model;
  };

  it('is one command, there and back, and the endpoint follows', async () => {
    const first = (await pointer())?.current ?? '';
    expect(await run()).toEqual({ end: 'Published' });
    const second = (await pointer())?.current ?? '';
    expect(second).not.toBe(first);
    const list = await kindred('list');
    expect(list).toMatch(new RegExp(`${second} .*current[^]*${first} .*previous`));
    expect(JSON.parse(await kindred('show', first, '--json'))).toMatchObject({
      modelId: first,
      role: 'previous',
      manifest: { id: first },
    });
    expect(await kindred('rollback')).toContain(`Model ${first} is current`);
    expect(await pointer()).toMatchObject({ current: first, previous: second, version: 3 });
    await eventually('the first model at the endpoint', served, (id) => id === first);
    const late = kindred('rollback', '--from', second);
    await expect(late).rejects.toThrow('Another model is current by now');
    await kindred('rollback', '--to', second);
    await eventually('the second model at the endpoint', served, (id) => id === second);
  });

  it.each(['roll-back-a-model', 'training-data'])(
    'has commands in %s that run as they stand',
    async (guide) => {
      const text = await readFile(join('docs', 'how-to', `${guide}.md`), 'utf8');
      const fences = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, fence = '']) => fence);
      expect(fences.length).toBeGreaterThan(0);
      for (const fence of fences) {
        const { stdout } = await promisify(execFile)('bash', ['-ec', fence], { cwd: folder });
        expect(stdout, fence).toMatch(/ current|"shrinkShareMax": 0.6/);
      }
    },
  );

  it('refuses a damaged model; one that becomes current all the same is not served, and rings', async () => {
    const seen = await pointer();
    const { current = '', previous = '' } = seen ?? {};
    // Until then the function may have the other one in memory, whole, and need not read it.
    await eventually('the current model at the endpoint', served, (id) => id === current);
    const file = {
      Bucket: resource('ModelsBucketName'),
      Key: `models/${previous}/model.bin`,
    };
    const { Body } = await test.clients.s3.send(new GetObjectCommand(file));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const damaged = Uint8Array.from(bytes, (byte, at) => (at === 20 ? byte ^ 1 : byte));
    await test.clients.s3.send(new PutObjectCommand({ ...file, Body: damaged }));
    await expect(kindred('rollback')).rejects.toThrow('does not match its SHA-256');
    expect(await pointer()).toEqual(seen);

    await flipPointer(table(), seen, previous, new Date().toISOString());
    await eventually(
      'a look at the damaged model',
      async () => {
        await test.fetchBlock('/v1/health');
        return test.logLines().some((line) => line.includes('the last good one stays'));
      },
      (isSeen) => isSeen,
    );
    expect(await served()).toBe(current);
    await rings('model-unreadable');
  });
});
