/**
 * Models that were trained elsewhere, as item–item lists or as vectors of items. Either becomes a Model as ours are:
 * lists over the snapshot's items, with popularity and trend of the snapshot. Of vectors the lists are the K nearest by
 * cosine,
 *
 *   s(i→j) = max(0, v_i · v_j / (|v_i| |v_j|)), without i itself,
 *
 * by the 8-bit kernel. What names items that the snapshot does not know is left out and counted.
 */
import * as z from 'zod';
import { denseTopK } from '../../kernels/dense-top-k.ts';
import type { KernelPool } from '../../kernels/kernel-pool.ts';
import { quantizeRows } from '../../kernels/quantized-rows.ts';
import type { PreparedFit } from './fit.ts';
import type { Model, ModelParameters } from './model.ts';
import { selectBest } from './select-best.ts';

/** A file that is no model: what is wrong with which field, and what to do. */
export class ImportedModelError extends Error {
  override readonly name = 'ImportedModelError';
}

/** One vector an item, one behind the other. */
export interface ItemVectors {
  readonly kind: 'vectors';
  readonly itemIds: readonly string[];
  readonly width: number;
  readonly values: Float32Array;
}

/** Row n says that `toIds[n]` follows `fromIds[n]`, as strongly as `scores[n]`. */
export interface ItemLists {
  readonly kind: 'lists';
  readonly fromIds: readonly string[];
  readonly toIds: readonly string[];
  readonly scores: Float32Array;
}

/** What is asked for, and where the files lie. */
export const modelImport = z.strictObject({
  /** Key of the `.parquet` or `.npy` file in the lake's bucket, or of the manifest of a model in our own form. */
  key: z.string().regex(/^model-imports\/.+(\.parquet|\.npy|\/manifest\.json)$/),
  /** Key of the file of item ids, one a line, beside an `.npy`. */
  itemsKey: z
    .string()
    .regex(/^model-imports\/.+/)
    .optional(),
  /** ISO 8601: nothing later was trained on. */
  trainedUntil: z.iso.datetime(),
  neighboursMax: z.int().min(1).max(1000).default(200),
});
export type ModelImport = z.infer<typeof modelImport>;

export const IMPORT_FILE = 'import.json';

/** Kept beside candidate and model: where its lists come from, so that nobody fits them anew. */
export const importRecord = z.strictObject({
  import: modelImport,
  form: z.enum(['vectors', 'lists']),
  /** Items of the file, or its rows, that the snapshot does not know. */
  unknownCount: z.int().nonnegative(),
});
export type ImportRecord = z.infer<typeof importRecord>;

/** What scoring asks of a model without a similarity of ours: the other numbers say nothing of it. */
export function importedParameters(neighboursMax: number): ModelParameters {
  return {
    userExponent: 0,
    sourceExponent: 0,
    targetExponent: 0,
    neighboursMax,
    targetHalfLifeDays: 60,
    historyHalfLifeDays: 60,
    popularityExponent: 0,
    repeatBoost: 1,
  };
}

/** The Model of these lists, with what the snapshot says of popularity at its time. */
export function modelOfLists(
  id: string,
  prepared: PreparedFit,
  neighbours: Model['neighbours'],
  parameters: ModelParameters,
): Model {
  const { items, indexOf, asOfS, popular, trending, facts } = prepared;
  const ofSnapshot = { items, indexOf, popular, trending, facts };
  return { id, asOfMs: asOfS * 1000, parameters, neighbours, ...ofSnapshot };
}

/** A model's lists over other items: those of another snapshot. Items that are gone take their places along. */
export function overItemsOf(model: Model, prepared: PreparedFit): Model {
  const { parameters } = model;
  const { neighbours } = neighboursOfLists(listsOf(model), prepared, parameters.neighboursMax);
  return modelOfLists(model.id, prepared, neighbours, parameters);
}

/** A model's lists by the names of its items. */
export function listsOf(model: Model): ItemLists {
  const { offsets, indices, scores } = model.neighbours;
  const idOf = (index: number) => model.items[index]?.itemId ?? '';
  const fromIds = [...model.items.keys()].flatMap((source) =>
    Array.from({ length: (offsets[source + 1] ?? 0) - (offsets[source] ?? 0) }, () => idOf(source)),
  );
  return { kind: 'lists', fromIds, toIds: Array.from(indices, idOf), scores };
}

export interface ImportedNeighbours {
  readonly neighbours: Model['neighbours'];
  readonly unknownCount: number;
}

/** The best K of each list. @throws ImportedModelError */
export function neighboursOfLists(
  { fromIds, toIds, scores }: ItemLists,
  { indexOf }: Pick<PreparedFit, 'indexOf'>,
  neighboursMax: number,
): ImportedNeighbours {
  const rows = new Map<number, Map<number, number>>();
  let unknownCount = 0;
  for (const [place, fromId] of fromIds.entries()) {
    const score = scores[place] ?? Number.NaN;
    if (!Number.isFinite(score)) {
      throw new ImportedModelError(
        `score of row ${place} is ${score}; every score must be a finite number. Leave the row out.`,
      );
    }
    const from = indexOf.get(fromId);
    const to = indexOf.get(toIds[place] ?? '');
    if (from === undefined || to === undefined) unknownCount += 1;
    else if (score > 0) rows.set(from, (rows.get(from) ?? new Map()).set(to, score));
  }
  if (unknownCount === fromIds.length) throw nothingKnown('item_id and neighbour_id');
  return { neighbours: bestOf(rows, indexOf.size, neighboursMax), unknownCount };
}

/** The K nearest of each item. @throws ImportedModelError */
export async function neighboursOfVectors(
  pool: KernelPool,
  vectors: ItemVectors,
  { indexOf }: Pick<PreparedFit, 'indexOf'>,
  neighboursMax: number,
): Promise<ImportedNeighbours> {
  const { itemIds, width, values } = vectors;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new ImportedModelError(
      `embedding of row ${Math.floor(bad / width)} holds ${values[bad]} at ${bad % width}; every ` +
        'value must be a finite number. Train again, or leave the item out.',
    );
  }
  const places = itemIds.flatMap((itemId, row) => (indexOf.has(itemId) ? [row] : []));
  if (places.length === 0) throw nothingKnown('item ids');
  const unit = new Float32Array(places.length * width);
  for (const [at, row] of places.entries()) {
    const vector = values.subarray(row * width, (row + 1) * width);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (length > 0)
      unit.set(
        vector.map((value) => value / length),
        at * width,
      );
  }
  const rows = quantizeRows(unit, places.length, width);
  // One more: the nearest of an item is itself.
  const found = await denseTopK(pool, { rows, queries: rows, wanted: neighboursMax + 1 });
  const indexAt = (at: number) => indexOf.get(itemIds[places[at] ?? -1] ?? '') ?? 0;
  const lists = new Map<number, Map<number, number>>();
  for (let query = 0; query < places.length; query++) {
    const list = new Map<number, number>();
    for (let at = query * found.wanted; at < (query + 1) * found.wanted; at++) {
      const [row, score] = [found.indices[at] as number, found.scores[at] as number];
      if (row !== query && score > 0) list.set(indexAt(row), score);
    }
    lists.set(indexAt(query), list);
  }
  const unknownCount = itemIds.length - places.length;
  return { neighbours: bestOf(lists, indexOf.size, neighboursMax), unknownCount };
}

function bestOf(
  rows: ReadonlyMap<number, ReadonlyMap<number, number>>,
  itemCount: number,
  neighboursMax: number,
): Model['neighbours'] {
  const offsets = new Uint32Array(itemCount + 1);
  const indices: number[] = [];
  const scores: number[] = [];
  for (let item = 0; item < itemCount; item++) {
    const list = [...(rows.get(item) ?? [])].sort(([one], [other]) => one - other);
    const values = Float64Array.from(list, ([, score]) => score);
    const best = selectBest(Uint32Array.from(list.keys()), values, neighboursMax);
    for (const place of best) {
      indices.push(list[place]?.[0] ?? 0);
      scores.push(values[place] ?? 0);
    }
    offsets[item + 1] = indices.length;
  }
  return { offsets, indices: Uint32Array.from(indices), scores: Float32Array.from(scores) };
}

function nothingKnown(field: string): ImportedModelError {
  return new ImportedModelError(
    `${field}: none is an item of the catalogue. Write the ids as the catalogue has them.`,
  );
}
