import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import * as z from 'zod';
import {
  ImportedModelError,
  type ItemLists,
  type ItemVectors,
} from '../../core/training/imported-model.ts';
import { decodeNpy } from '../../core/training/npy-file.ts';

const itemId = z.union([z.string(), z.number(), z.bigint()]).transform(String);
const vectorRow = z.object({ item_id: itemId, embedding: z.array(z.number()) });
const listRow = z.object({ item_id: itemId, neighbour_id: itemId, score: z.number() });

/** Vectors of an `.npy` and the ids beside it, one a line. @throws ImportedModelError */
export function vectorsOfNpy(bytes: Uint8Array, ids: Uint8Array): ItemVectors {
  const { rowCount, width, values } = decodeNpy(bytes);
  const itemIds = new TextDecoder()
    .decode(ids)
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  if (itemIds.length !== rowCount) {
    throw new ImportedModelError(
      `the file of item ids has ${itemIds.length} lines where the array has ${rowCount} rows; ` +
        'write one id a line, in the order of the rows.',
    );
  }
  return { kind: 'vectors', itemIds, width, values };
}

/** Vectors (`item_id`, `embedding`) or lists (`item_id`, `neighbour_id`, `score`). @throws ImportedModelError */
export async function modelOfParquet(bytes: Uint8Array): Promise<ItemVectors | ItemLists> {
  const file = new Uint8Array(bytes).buffer;
  const names = columnNames(file);
  const read = () => parquetReadObjects({ file, compressors });
  if (names.includes('embedding')) return vectorsOf(await read());
  if (names.includes('neighbour_id')) return listsOf(await read());
  throw new ImportedModelError(
    `the columns are ${names.join(', ')}; write item_id and embedding (a list of numbers), or ` +
      'item_id, neighbour_id and score.',
  );
}

function columnNames(file: ArrayBuffer): string[] {
  try {
    return topColumns(parquetMetadata(file));
  } catch {
    throw new ImportedModelError('the file is no Parquet; write it by a library that does.');
  }
}

function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  let at = 1;
  for (let left = schema[0]?.num_children ?? 0; left > 0; left -= 1) {
    names.push(schema[at]?.name ?? '');
    for (let open = 1; open > 0; open -= 1, at += 1) open += schema[at]?.num_children ?? 0;
  }
  return names;
}

function vectorsOf(rows: readonly unknown[]): ItemVectors {
  const parsed = rows.map((row, place) => parsedRow(vectorRow, row, place));
  const width = parsed[0]?.embedding.length ?? 0;
  if (width === 0) {
    throw new ImportedModelError('embedding is empty; write a list of numbers for each item.');
  }
  const values = new Float32Array(parsed.length * width);
  for (const [place, { embedding }] of parsed.entries()) {
    if (embedding.length !== width) {
      throw new ImportedModelError(
        `embedding of row ${place} has ${embedding.length} numbers where the first has ${width}; ` +
          'all must have the same.',
      );
    }
    values.set(embedding, place * width);
  }
  return { kind: 'vectors', itemIds: parsed.map((row) => row.item_id), width, values };
}

function listsOf(rows: readonly unknown[]): ItemLists {
  const parsed = rows.map((row, place) => parsedRow(listRow, row, place));
  return {
    kind: 'lists',
    fromIds: parsed.map((row) => row.item_id),
    toIds: parsed.map((row) => row.neighbour_id),
    scores: Float32Array.from(parsed, (row) => row.score),
  };
}

function parsedRow<Row>(schema: z.ZodType<Row>, row: unknown, place: number): Row {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ImportedModelError(
    `${issue?.path.join('.') ?? 'row'} of row ${place}: ${issue?.message ?? 'is malformed'}; ` +
      'cast the column before writing.',
  );
}
