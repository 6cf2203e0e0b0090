/** Dense matrices in the kernels' memory: rows of floats padded with zeros to a multiple of 8. */
import type { KernelJob } from './kernel-pool.ts';

/** A matrix in the kernels' memory. */
export interface DenseRows {
  readonly address: number;
  readonly rowCount: number;
  /** Floats from one row to the next, the padding included. */
  readonly stride: number;
}

/** Columns of a tile of the inner loops. */
const TILE_COLUMNS = 8;
/** Rows that are multiplied together, at most; a matrix has room for a whole such group at its end. */
export const ROW_GROUP = 64;
/** Parts in which XᵀX is summed, as many on any number of threads, so that its rounding is the same. */
const GRAM_SLICES = 32;
/** With fewer rows a slice costs more to add up than it saves. */
const SLICE_ROWS_MIN = 64;

export function strideOf(columns: number): number {
  return Math.ceil(columns / TILE_COLUMNS) * TILE_COLUMNS;
}

/** Room for a matrix, not cleared but for what pads it to a whole group of rows. */
export function allocateRows({ arena }: KernelJob, rowCount: number, columns: number): DenseRows {
  const stride = strideOf(columns);
  const room = Math.ceil(rowCount / ROW_GROUP) * ROW_GROUP;
  const address = arena.allocate(4 * room * stride);
  arena.f32(address + 4 * rowCount * stride, (room - rowCount) * stride).fill(0);
  return { address, rowCount, stride };
}

/** Room for the sums that `gram` needs of matrices of this stride. */
export function allocateGram({ arena }: KernelJob, stride: number): Gram {
  return {
    job: arena.allocate(4 * 6),
    partials: arena.allocate(4 * GRAM_SLICES * stride * stride),
    sum: arena.allocate(8 * stride * stride),
  };
}

export interface Gram {
  readonly job: number;
  readonly partials: number;
  /** f64[stride][stride] */
  readonly sum: number;
}

/** Puts XᵀX into `gram.sum`. */
export async function sumGram(job: KernelJob, gram: Gram, matrix: DenseRows): Promise<void> {
  const { address, rowCount, stride } = matrix;
  const slices = Math.max(1, Math.min(GRAM_SLICES, Math.floor(rowCount / SLICE_ROWS_MIN)));
  job.arena.u32(gram.job, 6).set([0, slices, rowCount, stride, address, gram.partials]);
  await job.parallel('gramSlice', gram.job);
  job.call('sumGram', gram.job, gram.sum);
}

/** Copies the first `columns` of every row out. */
export function copyOut({ arena }: KernelJob, matrix: DenseRows, columns: number): Float32Array {
  const { address, rowCount, stride } = matrix;
  const values = arena.f32(address, rowCount * stride);
  if (columns === stride) return new Float32Array(values);
  const out = new Float32Array(rowCount * columns);
  for (let row = 0; row < rowCount; row++) {
    out.set(values.subarray(row * stride, row * stride + columns), row * columns);
  }
  return out;
}
