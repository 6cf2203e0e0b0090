/** A sparse matrix in the kernels' memory, by rows and by columns. */
import type { KernelJob } from './kernel-pool.ts';
import { putColumns, putFinite, rowCountOf, type SparseRows } from './sparse-rows.ts';

/** Addresses of a matrix by rows: u32[rowCount + 1], u32[entries] and f32[entries]. */
export interface Entries {
  readonly rowCount: number;
  readonly offsets: number;
  readonly columns: number;
  readonly values: number;
}

export interface BothSides {
  readonly byRow: Entries;
  /** The transposed matrix. */
  readonly byColumn: Entries;
}

/** Lays a matrix and its transposed one, and throws where a column or value of it is none. */
export function putBothSides(
  job: KernelJob,
  matrix: SparseRows,
  values: {
    readonly name: string;
    readonly values: Float32Array;
    readonly sign: 'any' | 'not negative';
  },
): BothSides {
  const byRow = {
    rowCount: rowCountOf(matrix),
    offsets: job.arena.put(matrix.offsets),
    columns: putColumns(job, matrix),
    values: putFinite(job, values.name, values.values, values.sign),
  };
  return { byRow, byColumn: transposed(job, matrix, byRow) };
}

function transposed({ arena, call }: KernelJob, matrix: SparseRows, byRow: Entries): Entries {
  const entryCount = matrix.columns.length;
  const starts = new Uint32Array(matrix.columnCount + 1);
  for (const column of matrix.columns) starts[column + 1] = (starts[column + 1] as number) + 1;
  for (let column = 0; column < matrix.columnCount; column++) {
    starts[column + 1] = (starts[column + 1] as number) + (starts[column] as number);
  }
  const byColumn = {
    rowCount: matrix.columnCount,
    offsets: arena.put(starts),
    columns: arena.allocate(4 * entryCount),
    values: arena.allocate(4 * entryCount),
  };
  const from = [byRow.rowCount, byRow.offsets, byRow.columns, byRow.values];
  call('transpose', ...from, arena.put(starts), byColumn.columns, byColumn.values);
  return byColumn;
}
