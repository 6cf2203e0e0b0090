/**
 * A row of a sparse matrix against the rows of a dense one that it names, four at a time: their dot
 * products with a vector, and their weighted sum.
 */

/** The rows that four entries from `columns` on name; where there are fewer, the first stands for the rest. */
export function addProducts(
  columns: usize,
  weights: usize,
  count: u32,
  dense: usize,
  rowBytes: u32,
  vector: usize,
  isResidual: bool,
  out: usize,
): void {
  for (let at: u32 = 0; at < count; at += 4) {
    const here = columns + at * 4;
    const left = count - at;
    const y0 = dense + load<u32>(here) * rowBytes;
    const y1 = left > 1 ? dense + load<u32>(here, 4) * rowBytes : y0;
    const y2 = left > 2 ? dense + load<u32>(here, 8) * rowBytes : y0;
    const y3 = left > 3 ? dense + load<u32>(here, 12) * rowBytes : y0;
    const dots = fourDots(y0, y1, y2, y3, vector, rowBytes);
    const w = v128.load(weights + at * 4);
    // c·p − (c − 1)·(y·x) with c = 1 + w and p = 1, or (c − 1)·(y·p).
    let factors = isResidual
      ? f32x4.relaxed_madd(w, f32x4.sub(f32x4.splat(1), dots), f32x4.splat(1))
      : f32x4.mul(w, dots);
    if (left < 4) factors = v128.and(factors, firstLanes(left));
    addFour(y0, y1, y2, y3, factors, out, rowBytes);
  }
}

/** out = Σ weight · row, of all entries. */
export function sumRows(
  columns: usize,
  weights: usize,
  count: u32,
  dense: usize,
  rowBytes: u32,
  out: usize,
): void {
  memory.fill(out, 0, rowBytes);
  for (let at: u32 = 0; at < count; at += 4) {
    const here = columns + at * 4;
    const left = count - at;
    const y0 = dense + load<u32>(here) * rowBytes;
    const y1 = left > 1 ? dense + load<u32>(here, 4) * rowBytes : y0;
    const y2 = left > 2 ? dense + load<u32>(here, 8) * rowBytes : y0;
    const y3 = left > 3 ? dense + load<u32>(here, 12) * rowBytes : y0;
    let factors = v128.load(weights + at * 4);
    if (left < 4) factors = v128.and(factors, firstLanes(left));
    addFour(y0, y1, y2, y3, factors, out, rowBytes);
  }
}

function firstLanes(count: u32): v128 {
  return i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(count as i32));
}

function fourDots(y0: usize, y1: usize, y2: usize, y3: usize, x: usize, bytes: u32): v128 {
  let a = f32x4.splat(0),
    b = f32x4.splat(0),
    c = f32x4.splat(0),
    d = f32x4.splat(0);
  for (let at: u32 = 0; at < bytes; at += 16) {
    const v = v128.load(x + at);
    a = f32x4.relaxed_madd(v, v128.load(y0 + at), a);
    b = f32x4.relaxed_madd(v, v128.load(y1 + at), b);
    c = f32x4.relaxed_madd(v, v128.load(y2 + at), c);
    d = f32x4.relaxed_madd(v, v128.load(y3 + at), d);
  }
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

function addFour(
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  factors: v128,
  out: usize,
  bytes: u32,
): void {
  const a = v128.shuffle<f32>(factors, factors, 0, 0, 0, 0);
  const b = v128.shuffle<f32>(factors, factors, 1, 1, 1, 1);
  const c = v128.shuffle<f32>(factors, factors, 2, 2, 2, 2);
  const d = v128.shuffle<f32>(factors, factors, 3, 3, 3, 3);
  for (let at: u32 = 0; at < bytes; at += 16) {
    let sum = f32x4.relaxed_madd(a, v128.load(y0 + at), v128.load(out + at));
    sum = f32x4.relaxed_madd(b, v128.load(y1 + at), sum);
    sum = f32x4.relaxed_madd(c, v128.load(y2 + at), sum);
    v128.store(out + at, f32x4.relaxed_madd(d, v128.load(y3 + at), sum));
  }
}
