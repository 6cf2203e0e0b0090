import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { loadModel, writeModel } from '../../adapters/s3/model-store.ts';
import { fitModel, prepareFit } from '../../core/training/fit.ts';
import { encodeModel } from '../../core/training/model-file.ts';
import { scoreHistory } from '../../core/training/score.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { startStores, type TrainingStores } from '../training/stores.ts';
import { plainParameters } from '../training/training-data.ts';
import { board, fillStores, loadSteps, type TrainingSteps } from '../training/training-steps.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'models');
const threads = openTrainingThreads(1);
const LONG_AGO = '2020-01-01T00:00:00.000Z';

let stores: TrainingStores;
let steps: TrainingSteps;
let folder: string;
let snapshotId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-models-'));
  stores = await startStores();
  steps = await loadSteps();
  await fillStores(stores);
  ({ snapshotId } = await steps.snapshot({}));
});
afterAll(async () => {
  await stores?.stop();
  await threads.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, bytes: Buffer) => {
  stores.objects.set(`lake/model-imports/${name}`, bytes);
  return `model-imports/${name}`;
};
const fixture = async (name: string) => put(name, await readFile(join(fixtures, name)));

/** A Parquet file that DuckDB has written. */
async function parquet(name: string, sql: string): Promise<string> {
  const file = join(folder, name);
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (${sql}) TO '${file}' (FORMAT parquet)`);
  return put(name, await readFile(file));
}

async function imported(key: string, asked: object = {}) {
  const importedModel = { key, trainedUntil: LONG_AGO, neighboursMax: 20, ...asked };
  const run = await steps.check({ snapshotId, importedModel });
  return steps.importModel(run);
}

const ALIKE = `SELECT 'i' || a AS item_id, 'i' || b AS neighbour_id, 1.0 / (1 + abs(a - b)) AS score
  FROM range(60) x(a), range(60) y(b) WHERE a <> b AND a % 2 = b % 2`;
const UNLIKE = `SELECT 'i' || a AS item_id, 'i' || b AS neighbour_id, 1.0 AS score
  FROM range(60) x(a), range(60) y(b) WHERE a % 2 <> b % 2`;
const VECTORS = `SELECT 'i' || a AS item_id, [CASE a % 2 WHEN 0 THEN 1.0 ELSE -1.0 END, a / 1000.0]::FLOAT[]
  AS embedding FROM range(60) x(a)`;

describe('a model that was trained elsewhere', () => {
  it('is judged, published and served as one of ours: vectors of numpy', async () => {
    const key = await fixture('board-embeddings.npy');
    const run = await imported(key, { itemsKey: await fixture('board-items.txt') });
    const judged = await steps.evaluate(run);
    expect(judged).toMatchObject({ promoted: true });
    expect(judged.candidate.all.ndcg).toBeGreaterThan(judged.popularity.all.ndcg);
    const { modelId } = await steps.publish(judged);
    expect(
      await readPointer(readableTable({ client: stores.dynamoDb, table: 'config' })),
    ).toMatchObject({
      current: modelId,
    });
    const loaded = await loadModel({ client: stores.s3, bucket: 'models' }, modelId);
    if (!loaded.ok) throw new Error(loaded.reason);
    const { model } = loaded;
    const scores = scoreHistory(
      model,
      [{ itemId: 'i4', kind: 'view', timeMs: model.asOfMs - 1000 }],
      model.asOfMs,
    );
    const shown = [...scores.keys()].filter((index) => (scores[index] ?? 0) > 0);
    expect(shown).toHaveLength(20);
    expect(shown.every((index) => model.items[index]?.itemId.match(/[02468]$/))).toBe(true);
    const record = stores.objects.get(`models/models/${modelId}/import.json`)?.toString() ?? '{}';
    expect(JSON.parse(record)).toMatchObject({ form: 'vectors', unknownCount: 0, import: { key } });
  });

  it('becomes the current one that the next is compared with, by its own lists', async () => {
    const judged = await steps.evaluate(await imported(await parquet('unlike.parquet', UNLIKE)));
    expect(judged.promoted).toBe(false);
    expect(judged.reasons.join()).toMatch(
      /not better than popularity|worse than the current model/,
    );
    const own = await steps.evaluate(await steps.train(await steps.check({ snapshotId })));
    expect(own.candidate.all.customers).toBeGreaterThan(50);
  });

  it.each([
    ['lists', ALIKE],
    ['vectors', VECTORS],
  ])('may be Parquet of %s', async (form, sql) => {
    const run = await imported(await parquet(`${form}.parquet`, sql));
    const judged = await steps.evaluate(run);
    expect(judged.candidate.all.ndcg).toBeGreaterThan(judged.popularity.all.ndcg);
  });

  it('may be a model in our own form, as Spark writes it', async () => {
    const store = { client: stores.s3, bucket: 'lake', prefix: 'model-imports/' };
    const prepared = prepareFit(board, Math.max(...board.interactions.timesS) + 1);
    const model = await fitModel(threads, 'spark-1', prepared, plainParameters);
    await writeModel(store, model.id, encodeModel(model));
    const run = await imported(`model-imports/${model.id}/manifest.json`);
    const judged = await steps.evaluate(run);
    expect(judged.candidate.all.ndcg).toBeGreaterThan(0);
    await expect(imported('model-imports/nothing/manifest.json')).rejects.toThrow('is missing');
  });

  it('may name items that the catalogue has not, which are left out', async () => {
    const sql = `${ALIKE} UNION ALL SELECT 'gone', 'i1', 9.0`;
    const { candidateId } = await imported(await parquet('some.parquet', sql));
    const path = `lake/snapshots/${snapshotId}/candidates/${candidateId}/import.json`;
    expect(JSON.parse(stores.objects.get(path)?.toString() ?? '{}').unknownCount).toBe(1);
  });
});

describe('a file that is no model is refused, with the field and what to do', () => {
  it.each([
    ['other columns', 'SELECT 1 AS a, 2 AS b', /columns are a, b; write item_id and embedding/],
    [
      'no known item',
      `SELECT 'x' AS item_id, 'y' AS neighbour_id, 1.0 AS score`,
      /none is an item of the catalogue/,
    ],
    [
      'a score that is no number',
      `SELECT 'i1' AS item_id, 'i2' AS neighbour_id, 'nan'::DOUBLE AS score`,
      /score/,
    ],
    [
      'vectors of several lengths',
      `SELECT 'i1' AS item_id, [1.0, 2.0] AS embedding UNION ALL SELECT 'i2', [1.0]`,
      /embedding of row \d has \d numbers where the first has/,
    ],
    [
      'a text for a score',
      `SELECT 'i1' AS item_id, 'i2' AS neighbour_id, 'much' AS score`,
      /score of row 0: .*cast the column/,
    ],
    [
      'a vector that is not finite',
      `SELECT 'i1' AS item_id, ['inf'::DOUBLE] AS embedding`,
      /embedding/,
    ],
  ])('%s', async (name, sql, message) => {
    const key = await parquet(`${name.replaceAll(' ', '-')}.parquet`, sql);
    await expect(imported(key)).rejects.toMatchObject({
      name: 'ImportedModelError',
      message: expect.stringMatching(message),
    });
  });

  it('an array of another type, cut off, or without its ids', async () => {
    const bytes = await readFile(join(fixtures, 'board-embeddings.npy'));
    const itemsKey = await fixture('board-items.txt');
    const integers = Buffer.from(bytes);
    integers.write('<i4', bytes.indexOf('<f4'), 'latin1');
    await expect(imported(put('integers.npy', integers), { itemsKey })).rejects.toThrow(
      'dtype is <i4; float32 and float64 are read',
    );
    const cut = put('cut.npy', bytes.subarray(0, -4));
    await expect(imported(cut, { itemsKey })).rejects.toThrow('the file is cut off');
    await expect(imported(put('text.npy', Buffer.from('text')), { itemsKey })).rejects.toThrow(
      'does not start as a .npy does',
    );
    const few = put('few.txt', Buffer.from('i0\ni1\n'));
    const key = await fixture('board-embeddings.npy');
    await expect(imported(key, { itemsKey: few })).rejects.toThrow('has 2 lines where the array');
    await expect(imported(key)).rejects.toThrow('itemsKey is missing');
    await expect(imported('model-imports/none.parquet')).rejects.toThrow('does not exist');
    await expect(imported(put('no.parquet', Buffer.from('no')))).rejects.toThrow('no Parquet');
  });

  it('one that has seen what it would be judged on', async () => {
    const key = await parquet('seen.parquet', ALIKE);
    await expect(imported(key, { trainedUntil: new Date().toISOString() })).rejects.toThrow(
      'a model that has seen it cannot be judged on it',
    );
  });
});
