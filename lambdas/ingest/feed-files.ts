import * as z from 'zod';
import { type DropStore, putObject } from '../../adapters/s3/drop-store.ts';
import { readObject } from '../../adapters/s3/immutable-objects.ts';
import type { KnownFeed } from '../../core/catalogue/feed-removals.ts';
import { feedKey, workKey } from '../../core/mapping/file-drop.ts';
import type { ItemMapping } from '../../core/mapping/mapping.ts';
import { type FeedProgress, FeedSplit, feedProgress } from './feed-split.ts';
import type { ImportRun } from './import-run.ts';

/** What the source has once the file is done. */
const KNOWN = 'feed-known.json';
/** Where a step of the reading stopped. */
const PROGRESS = 'feed-progress.json';

const knownFeed = z.object({ droppedAtMs: z.number(), itemIds: z.array(z.string()) });

/** Takes the rows of this run's file, from where the last step stopped. */
export async function openFeed(
  store: DropStore,
  run: ImportRun,
  mapping: ItemMapping,
): Promise<FeedSplit> {
  const isFirst = run.counts.rows === 0;
  const progress = isFirst
    ? undefined
    : await read<FeedProgress>(store, workKey(run.runId, PROGRESS), feedProgress);
  const before = mapping.isFull ? await readKnownFeed(store, run) : undefined;
  const droppedAtMs = Date.parse(run.droppedAt);
  return new FeedSplit({ mapping, droppedAtMs, before, progress });
}

/** Writes down where a step stopped, or what the source has once all is taken in. */
export async function closeFeed(
  store: DropStore,
  run: ImportRun,
  feed: FeedSplit,
  mapping: ItemMapping,
): Promise<void> {
  if (!run.isSplit) {
    await putObject(store, workKey(run.runId, PROGRESS), JSON.stringify(feed.progress));
  } else if (mapping.isFull) {
    const known = { droppedAtMs: feed.feedMs, itemIds: feed.removals().known };
    await putObject(store, workKey(run.runId, KNOWN), JSON.stringify(known));
  }
}

/** The file is done: what it has is what the source has, unless a newer one came before. */
export async function keepKnownItems(store: DropStore, run: ImportRun): Promise<void> {
  const known = await read<KnownFeed>(store, workKey(run.runId, KNOWN), knownFeed);
  if (known === undefined) return;
  const newest = await readKnownFeed(store, run);
  if (newest !== undefined && newest.droppedAtMs > known.droppedAtMs) return;
  await putObject(store, feedKey(run.source.sourceId, run.mappingId), JSON.stringify(known));
}

function readKnownFeed(store: DropStore, run: ImportRun): Promise<KnownFeed | undefined> {
  return read<KnownFeed>(store, feedKey(run.source.sourceId, run.mappingId), knownFeed);
}

async function read<T>(
  store: DropStore,
  key: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const bytes = await readObject({ ...store, prefix: '' }, key);
  return bytes === undefined
    ? undefined
    : schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
