import { deleteObject, type FoundObject, objectsBelow } from '../../adapters/s3/text-objects.ts';
import { type Area, areaNamed } from '../../core/privacy/areas.ts';
import { addCounts, noCounts } from '../../core/privacy/counts.ts';
import {
  type SearchUnit,
  UNREADABLE_KEYS_MAX,
  type UnitProgress,
} from '../../core/privacy/search.ts';
import { searchCurated } from './search-curated.ts';
import { searchExported } from './search-exported.ts';
import { type ObjectOutcome, type SearchPorts, UNTOUCHED } from './search-ports.ts';
import { searchSnapshotDay } from './search-snapshot-day.ts';
import { searchDocument, searchLines } from './search-text.ts';

/** Small documents are looked at side by side: each is a request and little else. */
const DOCUMENTS_AT_ONCE = 16;
/** Training's own time-out: a snapshot that is older is used by no run any more. */
const TRAINING_MS_MAX = 2 * 60 * 60 * 1000;

/**
 * Goes on with one piece of work until it is done or `deadlineMs`. Repeating it from any earlier progress is
 * harmless: what was taken out isn't found again.
 */
export async function searchUnit(
  { area: name, prefix }: SearchUnit,
  start: UnitProgress,
  ports: SearchPorts,
  options: { readonly changedSinceMs: number; readonly deadlineMs: number },
): Promise<UnitProgress> {
  const area = areaNamed(name);
  const store = { client: ports.client, bucket: ports.buckets[area.bucket] };
  const sizeMax = area.form.kind === 'document' ? DOCUMENTS_AT_ONCE : 1;
  let progress = start;
  let batch: FoundObject[] = [];
  const work = async (): Promise<void> => {
    const outcomes = await Promise.all(batch.map((each) => searchObject(area, each, ports)));
    for (const [index, { key }] of batch.entries()) {
      progress = withOutcome(progress, key, outcomes[index] ?? UNTOUCHED);
    }
    batch = [];
  };
  for await (const object of objectsBelow(store, prefix, start.afterKey)) {
    if (object.changedAtMs < options.changedSinceMs) continue;
    batch.push(object);
    if (batch.length < sizeMax) continue;
    await work();
    if (ports.nowMs() >= options.deadlineMs) {
      return { ...progress, partCount: await ports.sink.flush() };
    }
  }
  await work();
  return { ...progress, partCount: await ports.sink.flush(), isDone: true };
}

function searchObject(area: Area, object: FoundObject, ports: SearchPorts): Promise<ObjectOutcome> {
  const store = { client: ports.client, bucket: ports.buckets[area.bucket] };
  switch (area.form.kind) {
    case 'lines':
      return searchLines(store, area.name, object.key, area.form.judge, ports);
    case 'document':
      return searchDocument(store, area.name, object.key, area.form.judge, ports);
    case 'curated':
      return searchCurated(store, object.key, ports);
    case 'snapshots':
      return deleteSnapshot(area.name, store, object, ports);
    case 'snapshotDays':
      return searchSnapshotDay(area.name, store, object.key, ports);
    case 'exported':
      return searchExported(store, object.key, ports);
  }
}

/**
 * Customers of a snapshot are numbers that nobody can trace back, so it goes as a whole, but for one that a run may
 * be reading; that one goes by the bucket's lifecycle.
 */
async function deleteSnapshot(
  area: string,
  store: Parameters<typeof deleteObject>[0],
  { key, changedAtMs }: FoundObject,
  { isErasing, nowMs, sink }: SearchPorts,
): Promise<ObjectOutcome> {
  if (!isErasing || nowMs() - changedAtMs < TRAINING_MS_MAX) return UNTOUCHED;
  const outcome = { ...UNTOUCHED, deleted: 1 };
  await sink.changing(area, key, outcome);
  await deleteObject(store, key);
  return outcome;
}

function withOutcome(
  progress: UnitProgress,
  key: string,
  { isBroken = false, ...found }: ObjectOutcome,
): UnitProgress {
  const { unreadableKeys } = progress;
  const isNamed = isBroken && unreadableKeys.length < UNREADABLE_KEYS_MAX;
  const counts = { ...noCounts, ...found, scanned: 1, unreadable: isBroken ? 1 : 0 };
  return {
    ...progress,
    afterKey: key,
    counts: addCounts(progress.counts, counts),
    unreadableKeys: isNamed ? [...unreadableKeys, key] : unreadableKeys,
  };
}
