import { readCurated, rowsOf } from '../../adapters/s3/curated-rows.ts';
import { deleteObject, type TextStore } from '../../adapters/s3/text-objects.ts';
import { type ObjectOutcome, type SearchPorts, UNTOUCHED } from './search-ports.ts';

/**
 * A day's file of training is made of the day's events, which are searched themselves. One that has rows of the
 * person is deleted as it is: the next training makes it anew of what the lake holds then.
 */
export async function searchSnapshotDay(
  area: string,
  store: TextStore,
  key: string,
  { trace, isErasing, sink }: SearchPorts,
): Promise<ObjectOutcome> {
  if (!isErasing) return UNTOUCHED;
  const file = await readCurated(store, key);
  if (file === undefined) return UNTOUCHED;
  const rows = await rowsOf(file, ['customer']);
  const isTheirs = rows.some(
    ({ customer }) => typeof customer === 'string' && trace.isIn(customer),
  );
  if (!isTheirs) return UNTOUCHED;
  const outcome = { ...UNTOUCHED, deleted: 1 };
  await sink.changing(area, key, outcome);
  await deleteObject(store, key);
  return outcome;
}
