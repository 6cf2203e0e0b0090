/**
 * The rows of a matrix of 8-bit integers whose products with a vector are greatest. A product is an exact
 * sum of integers, scaled by the row's and the vector's own factor, so it is the same everywhere.
 */
import { greatestFirst, SCRATCH_BYTES, selectGreatest } from './top-keys';

/** Keys that a buffer holds beyond the wanted ones, before it is cut to those. */
const KEYS_BEYOND: u32 = 512;

/** As `kernels/dense-top-k.ts` writes it. */
@unmanaged
class TopJob {
  /** Next vector to do; atomic. */
  next: u32;
  queryCount: u32;
  /** A multiple of 4: those beyond `rowCount` are only for reading. */
  rowCount: u32;
  /** Bytes of a row, a multiple of 16. */
  stride: u32;
  wanted: u32;
  /** i8[rows][stride] and f32[rowCount] */
  rows: usize;
  rowScales: usize;
  /** i16[queryCount][stride], and f32[queryCount] */
  queries: usize;
  queryScales: usize;
  /** u32 and f32 [queryCount][wanted] */
  outRows: usize;
  outScores: usize;
  scratch: usize;
  scratchBytes: u32;
}

/** Answers the next vector; false when there is none left. */
export function denseTopK(jobAt: usize, thread: u32): bool {
  const job = changetype<TopJob>(jobAt);
  const query = atomic.add<u32>(jobAt, 1);
  if (query >= job.queryCount) return false;
  const scratch = job.scratch + thread * job.scratchBytes;
  const keys = scratch + SCRATCH_BYTES;
  const sorted = keys + (job.wanted + KEYS_BEYOND) * 8;
  const keyCount = collectBest(job, query, keys);
  const count = greatestFirst(keys, keyCount, job.wanted, sorted, scratch);
  for (let at: u32 = 0; at < count; at++) {
    const key = load<u64>(sorted + at * 8);
    const to = (query * job.wanted + at) * 4;
    store<u32>(job.outRows + to, 0xffffffff - (key as u32));
    store<f32>(job.outScores + to, scoreOf((key >> 32) as u32));
  }
  return true;
}

function collectBest(job: TopJob, query: u32, keys: usize): u32 {
  const vector = job.queries + query * job.stride * 2;
  const scale = f32x4.splat(load<f32>(job.queryScales + query * 4));
  const end = keys + (job.wanted + KEYS_BEYOND) * 8;
  let next = keys;
  let least: u64 = 0;
  for (let row: u32 = 0; row < job.rowCount; row += 4) {
    const dots = f32x4.convert_i32x4_s(fourDots(job.rows + row * job.stride, job.stride, vector));
    const scores = f32x4.mul(f32x4.mul(dots, v128.load(job.rowScales + row * 4)), scale);
    // Bits whose order as integers is the numbers' own, 0 above −0.
    const signs = i32x4.shr_s(scores, 31);
    const bits = v128.xor(scores, v128.or(signs, i32x4.splat(0x80000000)));
    const left = job.rowCount - row;
    for (let lane: u32 = 0; lane < 4 && lane < left; lane++) {
      const key = ((laneOf(bits, lane) as u64) << 32) | ((0xffffffff - row - lane) as u64);
      if (key <= least) continue;
      if (next === end) {
        selectGreatest(keys, 0, (((next - keys) >> 3) as i32) - 1, (job.wanted as i32) - 1);
        next = keys + job.wanted * 8;
        least = load<u64>(next - 8);
        if (key <= least) continue;
      }
      store<u64>(next, key);
      next += 8;
    }
  }
  return ((next - keys) >> 3) as u32;
}

function laneOf(lanes: v128, lane: u32): u32 {
  if (lane === 0) return i32x4.extract_lane(lanes, 0) as u32;
  if (lane === 1) return i32x4.extract_lane(lanes, 1) as u32;
  if (lane === 2) return i32x4.extract_lane(lanes, 2) as u32;
  return i32x4.extract_lane(lanes, 3) as u32;
}

function scoreOf(bits: u32): f32 {
  return reinterpret<f32>((bits & 0x80000000) !== 0 ? bits ^ 0x80000000 : ~bits);
}

/** The products of four neighbouring rows with a vector of 16-bit integers. */
function fourDots(rows: usize, stride: u32, vector: usize): v128 {
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  let c = i32x4.splat(0);
  let d = i32x4.splat(0);
  for (let at: u32 = 0; at < stride; at += 8) {
    const v = v128.load(vector + at * 2);
    const row = rows + at;
    a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load_ext<i8>(row)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load_ext<i8>(row + stride)));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load_ext<i8>(row + stride * 2)));
    d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load_ext<i8>(row + stride * 3)));
  }
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}
