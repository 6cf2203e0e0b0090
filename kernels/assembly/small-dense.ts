/**
 * Square matrices of a few hundred rows in 64-bit floats, f64[size][size] with an even size: Cholesky's
 * factor inverted, and all eigenvectors of a symmetric matrix. One thread does them; they are small beside
 * what surrounds them.
 */

/** Turns of the QL iteration for one eigenvalue; two or three are usual. */
const TURNS_MAX: i32 = 60;
const EPSILON: f64 = 2.220446049250313e-16;

/**
 * The inverse of the upper R with RᵀR = the matrix, which is overwritten by R. A column whose part that no
 * earlier one explains is at most `tolerance` of its square is left out: its row and column are 0.
 * Returns the largest diagonal of R over the smallest one kept.
 */
export function invertCholesky(matrix: usize, size: u32, tolerance: f64, inverse: usize): f64 {
  const rowBytes = size * 8;
  memory.fill(inverse, 0, size * rowBytes);
  let largest: f64 = 0;
  let smallest: f64 = f64.MAX_VALUE;
  // The inverse's diagonal keeps the matrix's own until it is made.
  for (let row: u32 = 0; row < size; row++) {
    store<f64>(inverse + row * (rowBytes + 8), load<f64>(matrix + row * (rowBytes + 8)));
  }
  for (let row: u32 = 0; row < size; row++) {
    const at = matrix + row * rowBytes;
    const square = load<f64>(at + row * 8);
    // Not `square <= …`: what is no number is left out as well.
    const isKept = square > tolerance * load<f64>(inverse + row * (rowBytes + 8));
    const diagonal = isKept ? sqrt(square) : 0;
    const factor = isKept ? 1 / diagonal : 0;
    for (let column = row; column < size; column++) {
      store<f64>(at + column * 8, load<f64>(at + column * 8) * factor);
    }
    if (!isKept) continue;
    largest = max(largest, diagonal);
    smallest = min(smallest, diagonal);
    for (let below = row + 1; below < size; below++) {
      const value = load<f64>(at + below * 8);
      if (value !== 0) addTimes(-value, at, matrix + below * rowBytes, below & ~1, size);
    }
  }
  for (let row: u32 = 0; row < size; row++) invertRow(matrix, row, size, inverse + row * rowBytes);
  return largest === 0 ? 1 : largest / smallest;
}

/** Row `row` of X with X R = I, by substitution; a row of R with diagonal 0 has no part in it. */
function invertRow(matrix: usize, row: u32, size: u32, out: usize): void {
  const rowBytes = size * 8;
  store<f64>(out + row * 8, 1);
  for (let column = row; column < size; column++) {
    const at = matrix + column * rowBytes;
    const diagonal = load<f64>(at + column * 8);
    const value = diagonal === 0 ? 0 : load<f64>(out + column * 8) / diagonal;
    // An even column begins its own pair; what that makes of it is overwritten.
    if (value !== 0) addTimes(-value, at, out, (column + 1) & ~1, size);
    store<f64>(out + column * 8, value);
  }
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, which is overwritten: `values[n]` belongs to row n of
 * `vectors`, in no order. Householder's tridiagonal form, then QL with implicit shifts (Bowdler, Martin,
 * Reinsch & Wilkinson 1968), its rotations done on whole rows. `spare` holds 3 · size values. Returns 0
 * where an eigenvalue was not found.
 */
export function symmetricEigen(
  matrix: usize,
  size: u32,
  values: usize,
  vectors: usize,
  spare: usize,
): bool {
  const rowBytes = size * 8;
  const beside = spare;
  const reflector = beside + rowBytes;
  const image = reflector + rowBytes;
  memory.fill(vectors, 0, size * rowBytes);
  for (let row: u32 = 0; row < size; row++) store<f64>(vectors + row * (rowBytes + 8), 1);
  for (let row: u32 = 0; row < size; row++) {
    if (row + 2 < size) reflect(matrix, row, size, reflector, image, vectors);
    store<f64>(values + row * 8, load<f64>(matrix + row * (rowBytes + 8)));
    const next = row + 1 < size ? load<f64>(matrix + row * (rowBytes + 8), 8) : 0;
    store<f64>(beside + row * 8, next);
  }
  for (let at: u32 = 0; at < size; at++) {
    if (!iterate(at, size, values, beside, vectors)) return false;
  }
  return true;
}

/** Clears row and column `row` beyond the neighbour of the diagonal by a reflection, of both sides. */
function reflect(
  matrix: usize,
  row: u32,
  size: u32,
  reflector: usize,
  image: usize,
  vectors: usize,
): void {
  const rowBytes = size * 8;
  const first = row + 1;
  const even = first & ~1;
  memory.fill(reflector, 0, rowBytes);
  memory.copy(reflector + first * 8, matrix + row * rowBytes + first * 8, (size - first) * 8);
  const length = sqrt(dot64(reflector, reflector, even, size));
  if (length === 0) return;
  const head = load<f64>(reflector + first * 8);
  const target = head > 0 ? -length : length;
  store<f64>(reflector + first * 8, head - target);
  const factor = 2 / dot64(reflector, reflector, even, size);
  memory.fill(image, 0, rowBytes);
  for (let at = first; at < size; at++) {
    const product = dot64(matrix + at * rowBytes, reflector, even, size);
    store<f64>(image + at * 8, factor * product);
  }
  addTimes(-0.5 * factor * dot64(reflector, image, even, size), reflector, image, even, size);
  for (let at = first; at < size; at++) {
    const to = matrix + at * rowBytes;
    addTimes(-load<f64>(reflector + at * 8), image, to, even, size);
    addTimes(-load<f64>(image + at * 8), reflector, to, even, size);
  }
  store<f64>(matrix + row * rowBytes + first * 8, target);
  // vectors ← (I − factor · v vᵀ) vectors
  memory.fill(image, 0, rowBytes);
  for (let at = first; at < size; at++) {
    addTimes(load<f64>(reflector + at * 8), vectors + at * rowBytes, image, 0, size);
  }
  for (let at = first; at < size; at++) {
    const by = -factor * load<f64>(reflector + at * 8);
    addTimes(by, image, vectors + at * rowBytes, 0, size);
  }
}

/** QL turns until the element beside eigenvalue `at` is nothing. */
function iterate(at: u32, size: u32, values: usize, beside: usize, vectors: usize): bool {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    let last = at;
    while (last + 1 < size) {
      const around = abs(load<f64>(values + last * 8)) + abs(load<f64>(values + last * 8, 8));
      if (abs(load<f64>(beside + last * 8)) <= EPSILON * around) break;
      last++;
    }
    if (last === at) return true;
    sweep(at, last, size, values, beside, vectors);
  }
  return false;
}

/** One implicit QL sweep from `last` up to `at`. */
function sweep(at: u32, last: u32, size: u32, values: usize, beside: usize, vectors: usize): void {
  const rowBytes = size * 8;
  const own = load<f64>(values + at * 8);
  const off = load<f64>(beside + at * 8);
  let g = (load<f64>(values + at * 8, 8) - own) / (2 * off);
  const root = hypotenuse(g, 1);
  g = load<f64>(values + last * 8) - own + off / (g + (g >= 0 ? root : -root));
  let sine: f64 = 1;
  let cosine: f64 = 1;
  let shift: f64 = 0;
  for (let row = (last as i32) - 1; row >= (at as i32); row--) {
    const here = row as u32;
    const f = sine * load<f64>(beside + here * 8);
    const b = cosine * load<f64>(beside + here * 8);
    const length = hypotenuse(f, g);
    store<f64>(beside + here * 8, length, 8);
    if (length === 0) {
      store<f64>(values + here * 8, load<f64>(values + here * 8, 8) - shift, 8);
      store<f64>(beside + last * 8, 0);
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = load<f64>(values + here * 8, 8) - shift;
    const r = (load<f64>(values + here * 8) - g) * sine + 2 * cosine * b;
    shift = sine * r;
    store<f64>(values + here * 8, g + shift, 8);
    g = cosine * r - b;
    rotate(vectors + here * rowBytes, rowBytes, sine, cosine);
  }
  store<f64>(values + at * 8, own - shift);
  store<f64>(beside + at * 8, g);
  store<f64>(beside + last * 8, 0);
}

/** Turns a row and the one below it. */
function rotate(row: usize, rowBytes: u32, sine: f64, cosine: f64): void {
  const s = f64x2.splat(sine);
  const c = f64x2.splat(cosine);
  for (let at = row; at < row + rowBytes; at += 16) {
    const upper = v128.load(at);
    const lower = v128.load(at + rowBytes);
    v128.store(at + rowBytes, f64x2.add(f64x2.mul(s, upper), f64x2.mul(c, lower)));
    v128.store(at, f64x2.sub(f64x2.mul(c, upper), f64x2.mul(s, lower)));
  }
}

function hypotenuse(a: f64, b: f64): f64 {
  const larger = max(abs(a), abs(b));
  if (larger === 0) return 0;
  const ratio = min(abs(a), abs(b)) / larger;
  return larger * sqrt(1 + ratio * ratio);
}

/** to += factor · from, of the columns from an even one on. */
function addTimes(factor: f64, from: usize, to: usize, first: u32, size: u32): void {
  const factors = f64x2.splat(factor);
  for (let at = first * 8; at < size * 8; at += 16) {
    v128.store(to + at, f64x2.relaxed_madd(factors, v128.load(from + at), v128.load(to + at)));
  }
}

function dot64(left: usize, right: usize, first: u32, size: u32): f64 {
  let sum = f64x2.splat(0);
  for (let at = first * 8; at < size * 8; at += 16) {
    sum = f64x2.relaxed_madd(v128.load(left + at), v128.load(right + at), sum);
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
