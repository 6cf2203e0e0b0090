import { afterAll, beforeAll, expect, it } from 'vitest';
import { readableTable } from '../../../adapters/dynamodb/client-reads.ts';
import { flipPointer, readPointer } from '../../../adapters/dynamodb/model-pointer.ts';
import { listModels, verifyModel } from '../../../adapters/s3/model-list.ts';
import { writeModel } from '../../../adapters/s3/model-store.ts';
import { encodeModel } from '../../../core/training/model-file.ts';
import { startStores, type TrainingStores } from '../../training/stores.ts';
import { loadSteps, type TrainingSteps } from '../../training/training-steps.ts';
import { smallModel } from '../../unit/small-shop.ts';

let stores: TrainingStores;
let steps: TrainingSteps;
beforeAll(async () => {
  stores = await startStores();
  steps = await loadSteps();
});
afterAll(() => stores?.stop());

const store = () => ({ client: stores.s3, bucket: 'models' });
const table = () => ({ client: stores.dynamoDb, table: 'config' });
const idsOf = async () => (await listModels(store())).map(({ id }) => id);

// The stores' environment keeps five models, and whatever is younger than a week; theirs are older.
it('old models go at the end of a run, the current one, the one before and the newest stay', async () => {
  const ids = Array.from({ length: 9 }, (_, number) => `m-${number}`);
  for (const id of ids) await writeModel(store(), id, encodeModel({ ...smallModel(4), id }));
  await steps.retain();
  expect(await idsOf()).toEqual(ids);

  const now = new Date().toISOString();
  await flipPointer(table(), undefined, 'm-0', now);
  await flipPointer(
    table(),
    await readPointer(readableTable(table()), { consistent: true }),
    'm-1',
    now,
  );
  expect(await steps.retain()).toEqual({ deleted: ['m-2', 'm-3'] });
  expect(await idsOf()).toEqual(ids.filter((id) => id !== 'm-2' && id !== 'm-3'));
  for (const id of ['m-0', 'm-1']) {
    expect(await verifyModel(store(), id)).toMatchObject({ ok: true, value: { id } });
  }
  expect(await steps.retain()).toEqual({ deleted: [] });
});
