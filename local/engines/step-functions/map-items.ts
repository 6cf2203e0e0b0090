import * as z from 'zod';
import type { Frame } from './frame.ts';
import { type Json, PAYLOAD_BYTES_MAX } from './json.ts';
import type { Distributed, ItemReader, MapState } from './machine.ts';
import type { Objects } from './objects.ts';
import { StateError } from './state-error.ts';

const objectPlace = z.strictObject({ Bucket: z.string().min(1), Key: z.string().min(1) });
const listingPlace = z.strictObject({ Bucket: z.string().min(1), Prefix: z.string().default('') });
const items = z.array(z.json());

/** The input of one child execution. */
export interface ChildInput {
  readonly index: number;
  readonly input: Json;
  readonly itemCount: number;
}

/**
 * Reads a Map's items from S3; throws States.ItemReaderFailed where that can't be done.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
 */
export async function readItems(
  reader: ItemReader,
  frame: Frame,
  objects: Objects,
): Promise<readonly Json[]> {
  const given = await reader.argumentsOf(frame);
  const itemsMax = await wholeNumber(reader.itemsMax, frame, 'MaxItems');
  try {
    return (await readAll(reader.kind, given, objects)).slice(0, itemsMax);
  } catch (error) {
    throw new StateError(
      'States.ItemReaderFailed',
      error instanceof Error ? error.message : String(error),
    );
  }
}

async function readAll(
  kind: ItemReader['kind'],
  given: Json,
  objects: Objects,
): Promise<readonly Json[]> {
  if (kind === 'listing') {
    const { Bucket, Prefix } = listingPlace.parse(given);
    return (await objects.list(Bucket, Prefix)).map(({ key, etag, sizeBytes, modifiedAt }) => ({
      Etag: etag,
      Key: key,
      LastModified: Math.floor(modifiedAt.getTime() / 1000),
      Size: sizeBytes,
      StorageClass: 'STANDARD',
    }));
  }
  const { Bucket, Key } = objectPlace.parse(given);
  const text = await objects.text(Bucket, Key);
  if (kind === 'JSON') return items.parse(JSON.parse(text));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => JSON.parse(line));
}

/** The items as their ItemSelector shapes them, one by one or in batches, in their order. */
export async function* childInputs(
  state: MapState,
  { batchItemsMax, batchInput }: Distributed,
  given: readonly Json[],
  frame: Frame,
): AsyncGenerator<ChildInput> {
  let index = 0;
  const batchMax = await wholeNumber(batchItemsMax, frame, 'MaxItemsPerBatch');
  const shared = batchInput === undefined ? {} : { BatchInput: await batchInput(frame) };
  const sharedBytes = bytesOf({ ...shared, Items: [] });
  let batch: Json[] = [];
  let batchBytes = sharedBytes;
  const batched = (): ChildInput => ({
    index: index++,
    input: { ...shared, Items: batch },
    itemCount: batch.length,
  });
  for (const [at, item] of given.entries()) {
    const context = { ...frame.context, Map: { Item: { Index: at, Value: item } } };
    const selected = await state.itemInput({ ...frame, context }, item);
    if (batchMax === undefined) {
      yield { index: index++, input: selected, itemCount: 1 };
      continue;
    }
    const bytes = bytesOf(selected) + 1;
    const isFull = batch.length === batchMax || batchBytes + bytes > PAYLOAD_BYTES_MAX;
    if (batch.length > 0 && isFull) {
      yield batched();
      batch = [];
      batchBytes = sharedBytes;
    }
    batch.push(selected);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batched();
}

async function wholeNumber(
  value: Distributed['batchItemsMax'],
  frame: Frame,
  field: string,
): Promise<number | undefined> {
  const given = await value?.(frame);
  if (given === undefined) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1) return given;
  throw new StateError('States.Runtime', `${field} must be a whole number ≥ 1.`);
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
