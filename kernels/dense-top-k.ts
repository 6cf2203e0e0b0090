/**
 * The vectors (items) that score highest with a query, by their quantised products:
 *
 *   score(q, i) = scale_i · scale_q · Σ_k integer_ik · integer_qk
 *
 * Equal to the plain twin `reference/dense-top-k.ts` to the last bit. O(rows · width) a query. `denseTopK`
 * answers many queries on all threads; `DenseIndex` keeps the vectors and answers one at a time at once, for
 * serving.
 */
import { Arena } from './arena.ts';
import { instantiate } from './instance.ts';
import { KernelInputError } from './kernel-error.ts';
import type { KernelJob, KernelPool } from './kernel-pool.ts';
import type { QuantizedRows } from './quantized-rows.ts';

export interface DenseTopK {
  readonly rows: QuantizedRows;
  /** Of the same width. */
  readonly queries: QuantizedRows;
  /** Answers of a query, K ≥ 1; fewer where there are fewer rows. */
  readonly wanted: number;
}

/** `wanted` answers a query, one query behind the other, the best first, equal scores by row. */
export interface TopRows {
  /** Answers of each query: K, or the number of rows where that is less. */
  readonly wanted: number;
  readonly indices: Uint32Array;
  /** Of any sign. */
  readonly scores: Float32Array;
}

/** As in `assembly/dense-top-k.ts`. */
const KEYS_BEYOND = 512;
/** `SCRATCH_BYTES` of `assembly/top-keys.ts`. */
const BUCKET_BYTES = 1024 * 4;
/** Rows read at a time. */
const ROW_GROUP = 4;

/** @throws KernelInputError, KernelMemoryError, KernelThreadError */
export function denseTopK(pool: KernelPool, input: DenseTopK): Promise<TopRows> {
  const wanted = checkDenseTopK(input);
  return pool.run(async (job) => {
    const rows = putRows(job.arena, input.rows);
    const out = putQueries(job, rows, input, wanted);
    await job.parallel('denseTopK', out.job);
    return copyOut(job.arena, out, wanted);
  });
}

/** The vectors of a model in memory of their own; queries are answered in the calling thread. */
export class DenseIndex {
  readonly #rows: QuantizedRows;
  readonly #arena: Arena;
  readonly #call: KernelJob['call'];
  readonly #addresses: RowAddresses;
  readonly #keptUntil: number;

  /** @throws KernelMemoryError */
  constructor(rows: QuantizedRows) {
    const { memory, call } = instantiate();
    this.#rows = rows;
    this.#arena = new Arena(memory);
    this.#call = call;
    this.#addresses = putRows(this.#arena, rows);
    this.#keptUntil = this.#arena.end;
  }

  /** @throws KernelInputError */
  search(queries: QuantizedRows, count: number): TopRows {
    const input = { rows: this.#rows, queries, wanted: count };
    const wanted = checkDenseTopK(input);
    this.#arena.release(this.#keptUntil);
    const room = { arena: this.#arena, threads: 1 };
    const out = putQueries(room, this.#addresses, input, wanted);
    this.#arena.u32(out.job, 1)[0] = 0;
    while (this.#call('denseTopK', out.job, 0) !== 0);
    return copyOut(this.#arena, out, wanted);
  }
}

/** Returns how many answers a query has. */
export function checkDenseTopK({ rows, queries, wanted }: DenseTopK): number {
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new KernelInputError(`wanted is ${wanted}; give a whole number from 1.`);
  }
  if (rows.width !== queries.width) {
    throw new KernelInputError(
      `The queries have ${queries.width} values and the rows ${rows.width}; give as many.`,
    );
  }
  return Math.min(wanted, rows.rowCount);
}

interface RowAddresses {
  readonly integers: number;
  readonly scales: number;
}

function putRows(arena: Arena, { integers, scales, stride }: QuantizedRows): RowAddresses {
  // The last group of rows is read whole.
  const whole = new Float32Array(Math.ceil(scales.length / ROW_GROUP) * ROW_GROUP);
  whole.set(scales);
  const addresses = { integers: arena.put(integers), scales: arena.put(whole) };
  arena.allocate(stride * ROW_GROUP);
  return addresses;
}

interface Answers {
  readonly job: number;
  readonly count: number;
  readonly rows: number;
  readonly scores: number;
}

function putQueries(
  { arena, threads }: Pick<KernelJob, 'arena' | 'threads'>,
  addresses: RowAddresses,
  { rows, queries }: DenseTopK,
  wanted: number,
): Answers {
  const count = queries.rowCount * wanted;
  const out = { count, rows: arena.allocate(4 * count), scores: arena.allocate(4 * count) };
  const scratchBytes = Math.ceil((BUCKET_BYTES + 2 * 8 * (wanted + KEYS_BEYOND)) / 64) * 64;
  const job = arena.putJob([
    ...[0, wanted === 0 ? 0 : queries.rowCount, rows.rowCount, rows.stride, wanted],
    ...[addresses.integers, addresses.scales],
    ...[arena.put(Int16Array.from(queries.integers)), arena.put(queries.scales)],
    ...[out.rows, out.scores, arena.allocate(scratchBytes * threads), scratchBytes],
  ]);
  return { job, ...out };
}

function copyOut(arena: Arena, { count, rows, scores }: Answers, wanted: number): TopRows {
  return {
    wanted,
    indices: new Uint32Array(arena.u32(rows, count)),
    scores: new Float32Array(arena.f32(scores, count)),
  };
}
