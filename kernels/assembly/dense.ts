/**
 * Dense matrices by rows. A row is `stride` floats long, a multiple of 8, its tail filled with zeros. The
 * inner loops hold a tile of 4 × 8 sums in eight vector registers, which WebAssembly's 128-bit vectors on
 * x86 (sixteen registers) and arm64 both leave room for.
 */

/** Rows whose tiles are summed in one go: 256 rows of 64 floats fill the cache next to the processor. */
const GRAM_ROWS: u32 = 256;

/** As `kernels/dense.ts` writes it. */
@unmanaged
class GramJob {
  /** Next slice to do; atomic. */
  next: u32;
  slices: u32;
  rowCount: u32;
  stride: u32;
  matrix: usize;
  /** f32[slices][stride][stride] */
  partials: usize;
}

/** Sums XᵀX of the next slice of rows, the tiles on and above the diagonal; false when there is none left. */
export function gramSlice(jobAt: usize): bool {
  const job = changetype<GramJob>(jobAt);
  const slice = atomic.add<u32>(jobAt, 1);
  if (slice >= job.slices) return false;
  const stride = job.stride;
  const out = job.partials + slice * stride * stride * 4;
  memory.fill(out, 0, stride * stride * 4);
  const first = sliceStart(job, slice);
  const last = sliceStart(job, slice + 1);
  for (let row = first; row < last; row += GRAM_ROWS) {
    const rows = min(GRAM_ROWS, last - row);
    const from = job.matrix + row * stride * 4;
    for (let left: u32 = 0; left < stride; left += 4) {
      for (let right = left & ~7; right < stride; right += 8) {
        gramTile(
          from + left * 4,
          from + right * 4,
          rows,
          stride * 4,
          out + (left * stride + right) * 4,
        );
      }
    }
  }
  return true;
}

function sliceStart(job: GramJob, slice: u32): u32 {
  return (((job.rowCount as u64) * (slice as u64)) / (job.slices as u64)) as u32;
}

function gramTile(left: usize, right: usize, rows: u32, rowBytes: u32, out: usize): void {
  let a0 = v128.load(out),
    a1 = v128.load(out, 16);
  const outB = out + rowBytes;
  let b0 = v128.load(outB),
    b1 = v128.load(outB, 16);
  const outC = outB + rowBytes;
  let c0 = v128.load(outC),
    c1 = v128.load(outC, 16);
  const outD = outC + rowBytes;
  let d0 = v128.load(outD),
    d1 = v128.load(outD, 16);
  for (let row: u32 = 0; row < rows; row++) {
    const x = v128.load(right);
    const y = v128.load(right, 16);
    const a = v128.load32_splat(left);
    a0 = f32x4.relaxed_madd(a, x, a0);
    a1 = f32x4.relaxed_madd(a, y, a1);
    const b = v128.load32_splat(left, 4);
    b0 = f32x4.relaxed_madd(b, x, b0);
    b1 = f32x4.relaxed_madd(b, y, b1);
    const c = v128.load32_splat(left, 8);
    c0 = f32x4.relaxed_madd(c, x, c0);
    c1 = f32x4.relaxed_madd(c, y, c1);
    const d = v128.load32_splat(left, 12);
    d0 = f32x4.relaxed_madd(d, x, d0);
    d1 = f32x4.relaxed_madd(d, y, d1);
    left += rowBytes;
    right += rowBytes;
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(outB, b0);
  v128.store(outB, b1, 16);
  v128.store(outC, c0);
  v128.store(outC, c1, 16);
  v128.store(outD, d0);
  v128.store(outD, d1, 16);
}

/** Adds the slices up in their order, in f64, to a whole symmetric f64[stride][stride]. */
export function sumGram(jobAt: usize, out: usize): void {
  const job = changetype<GramJob>(jobAt);
  const stride = job.stride;
  for (let left: u32 = 0; left < stride; left++) {
    for (let right = left; right < stride; right++) {
      let sum: f64 = 0;
      for (let slice: u32 = 0; slice < job.slices; slice++) {
        sum += load<f32>(job.partials + ((slice * stride + left) * stride + right) * 4) as f64;
      }
      store<f64>(out + (left * stride + right) * 8, sum);
      store<f64>(out + (right * stride + left) * 8, sum);
    }
  }
}

/**
 * Lays a square f64[stride][stride] out as f32 panels of 8 columns, `panels[column / 8][row][8]`, adding
 * `diagonal` to its diagonal.
 */
export function packPanels(matrix: usize, stride: u32, diagonal: f64, panels: usize): void {
  let to = panels;
  for (let first: u32 = 0; first < stride; first += 8) {
    for (let row: u32 = 0; row < stride; row++) {
      for (let column = first; column < first + 8; column++) {
        const value = load<f64>(matrix + (row * stride + column) * 8);
        store<f32>(to, (value + (row === column ? diagonal : 0)) as f32);
        to += 4;
      }
    }
  }
}

/**
 * out = X · M of a group of rows, a multiple of 4, for M in panels; `isUpper` where M is zero below its
 * diagonal. X and out must not overlap.
 */
export function multiplyRows(
  x: usize,
  rows: u32,
  stride: u32,
  panels: usize,
  isUpper: bool,
  out: usize,
): void {
  const rowBytes = stride * 4;
  for (let column: u32 = 0; column < stride; column += 8) {
    const depth = isUpper ? column + 8 : stride;
    const panel = panels + column * rowBytes;
    for (let row: u32 = 0; row < rows; row += 4) {
      multiplyTile(x + row * rowBytes, panel, depth, rowBytes, out + row * rowBytes + column * 4);
    }
  }
}

function multiplyTile(x: usize, panel: usize, depth: u32, rowBytes: u32, out: usize): void {
  let a0 = f32x4.splat(0),
    a1 = f32x4.splat(0),
    b0 = f32x4.splat(0),
    b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0),
    c1 = f32x4.splat(0),
    d0 = f32x4.splat(0),
    d1 = f32x4.splat(0);
  let xA = x;
  let xB = xA + rowBytes;
  let xC = xB + rowBytes;
  let xD = xC + rowBytes;
  const end = panel + depth * 32;
  for (let at = panel; at < end; at += 32) {
    const m0 = v128.load(at);
    const m1 = v128.load(at, 16);
    const a = v128.load32_splat(xA);
    a0 = f32x4.relaxed_madd(a, m0, a0);
    a1 = f32x4.relaxed_madd(a, m1, a1);
    const b = v128.load32_splat(xB);
    b0 = f32x4.relaxed_madd(b, m0, b0);
    b1 = f32x4.relaxed_madd(b, m1, b1);
    const c = v128.load32_splat(xC);
    c0 = f32x4.relaxed_madd(c, m0, c0);
    c1 = f32x4.relaxed_madd(c, m1, c1);
    const d = v128.load32_splat(xD);
    d0 = f32x4.relaxed_madd(d, m0, d0);
    d1 = f32x4.relaxed_madd(d, m1, d1);
    xA += 4;
    xB += 4;
    xC += 4;
    xD += 4;
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  out += rowBytes;
  v128.store(out, b0);
  v128.store(out, b1, 16);
  out += rowBytes;
  v128.store(out, c0);
  v128.store(out, c1, 16);
  out += rowBytes;
  v128.store(out, d0);
  v128.store(out, d1, 16);
}

/**
 * Numbers in [−scale, scale) that depend on the seed and their place alone: the bits of a counter mixed
 * (lowbias32, Wellons 2018), in rows of `width` values padded with zeros to `stride`.
 */
export function fillUniform(
  out: usize,
  rows: u32,
  width: u32,
  stride: u32,
  seed: u32,
  scale: f32,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    const to = out + row * stride * 4;
    for (let column: u32 = 0; column < stride; column++) {
      const bits = mixed(mixed(row * width + column) ^ seed);
      const uniform = (bits as i32 as f32) * (1.0 / 2147483648.0) * scale;
      store<f32>(to + column * 4, column < width ? uniform : 0);
    }
  }
}

function mixed(value: u32): u32 {
  let bits = value + 0x9e3779b9;
  bits = (bits ^ (bits >>> 16)) * 0x21f0aaad;
  bits = (bits ^ (bits >>> 15)) * 0x735a2d97;
  return bits ^ (bits >>> 15);
}
