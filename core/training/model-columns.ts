/**
 * The columns of a model as they lie on S3, `model.bin`, little-endian: the header, u32 each: magic, version,
 * item count, neighbour count, and the bytes of each of the sections that follow, compressed as a whole by
 * Brotli (RFC 7932), which every Node has and which undoes some hundred megabytes a second:
 *
 *   counts, near, far, levels, highest   the neighbour lists, see packed-lists.ts
 *   order                                varint[items], positions of items by rank, see there
 *   popular, trending                    f32[items], like `highest` rounded to 12 bits and in planes of bytes
 *   facts                                varint, four columns of numbers, see item-facts.ts; absent: no bytes
 */
import { brotliCompressSync, constants } from 'node:zlib';
import type { Item } from '../catalogue/item.ts';
import { type Checked, refusal } from './artefact.ts';
import { type ItemFacts, itemFactNames } from './item-facts.ts';
import type { Model } from './model.ts';
import { packLists, rankedItems, unpackLists } from './packed-lists.ts';
import type { Steps } from './steps.ts';
import { VarintReader, VarintWriter } from './varints.ts';

/** "KNDM" read as a little-endian u32. */
export const MAGIC = 0x4d444e4b;
export const MODEL_FORMAT_VERSION = 2;
const WORD_BYTES = 4;
const SECTIONS = 9;
export const HEADER_WORDS = 4;
/** The next slower ones save a hundredth. */
const BROTLI_QUALITY = 5;
/** A tenth smaller, at some three seconds of a processor a megabyte. */
const SMALL_QUALITY = 10;
/** What is larger would take longer than the step that publishes may. */
const SMALL_BYTES_MAX = 24 * 1024 ** 2;
/** A damaged length must not take the memory of the function: over a thousand bytes an item are no model of ours. */
const BYTES_PER_ITEM_MAX = 16_384;
/** Intervals are medians: whole days or half ones. */
const FACT_STEPS = 2;

/** What to spare: the time to write a file, or the bytes that every function reads when it starts. */
export type Effort = 'quick' | 'small';

export function encodeColumns(model: Model, effort: Effort = 'quick'): Uint8Array {
  const { items, neighbours, popular, trending, facts } = model;
  const ranked = rankedItems(neighbours);
  const lists = packLists(neighbours, ranked);
  const sections = [
    ...[lists.counts, lists.near, lists.far, lists.levels, floatBytes(lists.highest)],
    ...[varintsOf(ranked), floatBytes(popular), floatBytes(trending)],
    facts === undefined ? new Uint8Array() : factBytes(facts),
  ];
  const header = new Uint32Array([
    ...[MAGIC, MODEL_FORMAT_VERSION, items.length, neighbours.indices.length],
    ...sections.map(({ byteLength }) => byteLength),
  ]);
  const content = Buffer.concat(sections);
  const isSmall = effort === 'small' && content.byteLength <= SMALL_BYTES_MAX;
  const packed = compressed(content, isSmall ? SMALL_QUALITY : BROTLI_QUALITY);
  return Buffer.concat([bytesOf(header), packed]);
}

/** Everything that the file holds, checked against the counts of the manifest. */
export function* decodeColumns(
  bytes: Uint8Array,
  items: readonly Item[],
  neighbourCount: number,
  name: string,
): Steps<Checked<Pick<Model, 'neighbours' | 'popular' | 'trending' | 'facts'>>> {
  const headerBytes = (HEADER_WORDS + SECTIONS) * WORD_BYTES;
  if (bytes.byteLength < headerBytes) return refusal(`${name} has no header`);
  const header = new Uint32Array(new Uint8Array(bytes.subarray(0, headerBytes)).buffer);
  const content = yield {
    packed: bytes.subarray(headerBytes),
    bytesMax: (items.length + 1) * BYTES_PER_ITEM_MAX,
  };
  const lengths = [...header.subarray(HEADER_WORDS)];
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (content === undefined || content.byteLength !== total) {
    return refusal(`${name} has other bytes than its header gives`);
  }
  let at = 0;
  const sections = lengths.map((length) => {
    at += length;
    // Copies, so that each is aligned.
    return content.slice(at - length, at);
  });
  const [counts, near, far, levels, highest, order, popular, trending, facts] = sections;
  const floats: (Float32Array | undefined)[] = [];
  for (const section of [highest, popular, trending]) {
    yield;
    floats.push(floatsOf(section, items.length));
  }
  const [tops, demand, rise] = floats;
  if (tops === undefined || demand === undefined || rise === undefined) {
    return refusal(`${name} has columns that are not as long as its items`);
  }
  if (![tops, demand, rise].every(isFiniteColumn)) {
    return refusal(`${name} holds a score that is not a finite number`);
  }
  yield;
  const ranked = positionsOf(order, items.length);
  yield;
  const isWhole = near?.length === neighbourCount && levels?.length === neighbourCount;
  const lists =
    isWhole && counts !== undefined && far !== undefined && ranked !== undefined
      ? yield* unpackLists({ counts, near, far, levels, highest: tops }, ranked)
      : undefined;
  const known = factsOf(facts ?? new Uint8Array(), items.length);
  if (lists === undefined || !known.ok) {
    return refusal(`${name} points outside of its own rows or items`);
  }
  const value = { neighbours: lists, popular: demand, trending: rise };
  return { ok: true, value: { ...value, ...(known.value && { facts: known.value }) } };
}

export function compressed(bytes: Uint8Array, quality = BROTLI_QUALITY): Uint8Array {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  };
  return brotliCompressSync(bytes, { params });
}

function factBytes(facts: ItemFacts): Uint8Array {
  const writer = new VarintWriter();
  for (const name of itemFactNames) {
    for (const value of facts[name]) writer.write(Math.round(value * FACT_STEPS));
  }
  return writer.finish();
}

function factsOf(bytes: Uint8Array, itemCount: number): Checked<ItemFacts | undefined> {
  if (bytes.byteLength === 0) return { ok: true, value: undefined };
  const reader = new VarintReader(bytes);
  const column = () => {
    const values = new Float32Array(itemCount);
    for (let index = 0; index < itemCount; index++) values[index] = reader.read() / FACT_STEPS;
    return values;
  };
  // In the order of itemFactNames.
  const [repurchaseDays, newOnDay] = [column(), column()];
  const [backOnDay, reducedOnDay] = [column(), column()];
  return reader.isAtEnd
    ? { ok: true, value: { repurchaseDays, newOnDay, backOnDay, reducedOnDay } }
    : refusal('facts');
}

/** The first bytes of all numbers, then the second ones: alike stands beside alike, and the last are mostly zero. */
function floatBytes(column: Float32Array): Uint8Array {
  const words = new Uint32Array(Float32Array.from(column).buffer);
  const planes = new Uint8Array(words.length * WORD_BYTES);
  for (const [index, word] of words.entries()) {
    // Rounded to the nearest; of the 24 bits of a fraction 12 are kept, which is a fiftieth of a percent.
    const rounded = isExact(word) ? word : ((word + HALF) & ~(2 * HALF - 1)) >>> 0;
    for (let plane = 0; plane < WORD_BYTES; plane++) {
      planes[plane * words.length + index] = rounded >>> (8 * plane);
    }
  }
  return planes;
}

const HALF = 1 << 11;
const EXPONENT = 0x7f800000;

/** What is no number stays so, for the reader to refuse. */
function isExact(word: number): boolean {
  return (word & EXPONENT) === EXPONENT;
}

function floatsOf(planes: Uint8Array | undefined, count: number): Float32Array | undefined {
  if (planes?.byteLength !== count * WORD_BYTES) return undefined;
  const words = new Uint32Array(count);
  for (let plane = 0; plane < WORD_BYTES; plane++) {
    for (let index = 0; index < count; index++) {
      words[index] =
        (words[index] as number) | ((planes[plane * count + index] as number) << (8 * plane));
    }
  }
  return new Float32Array(words.buffer);
}

/** By hand: a callback for each number takes forty milliseconds of a model of 100,000 items. */
function isFiniteColumn(column: Float32Array): boolean {
  for (let index = 0; index < column.length; index++) {
    if (!Number.isFinite(column[index])) return false;
  }
  return true;
}

function varintsOf(numbers: Uint32Array): Uint8Array {
  const writer = new VarintWriter();
  for (const number of numbers) writer.write(number);
  return writer.finish();
}

/** Undefined where they are not so many positions below `count`. */
function positionsOf(bytes: Uint8Array | undefined, count: number): Uint32Array | undefined {
  const reader = new VarintReader(bytes ?? new Uint8Array());
  const positions = new Uint32Array(count);
  for (let rank = 0; rank < count; rank++) {
    const position = reader.read();
    if (position >= count) return undefined;
    positions[rank] = position;
  }
  return reader.isAtEnd ? positions : undefined;
}

function bytesOf(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
