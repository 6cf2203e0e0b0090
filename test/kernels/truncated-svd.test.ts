import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { KernelInputError } from '../../kernels/kernel-error.ts';
import { KernelPool } from '../../kernels/kernel-pool.ts';
import { truncatedSvdReference } from '../../kernels/reference/truncated-svd.ts';
import { rowCountOf } from '../../kernels/sparse-rows.ts';
import {
  type TruncatedSvd,
  type TruncatedSvdInput,
  truncatedSvd,
} from '../../kernels/truncated-svd.ts';
import { closeTo } from './close-to.ts';
import { sparseMatrix, sparseRows } from './sparse-arbitrary.ts';

const alone = new KernelPool({ threads: 1 });
const three = new KernelPool({ threads: 3 });
afterAll(() => Promise.all([alone.close(), three.close()]));

const anything: fc.Arbitrary<TruncatedSvdInput> = sparseMatrix.chain((matrix) =>
  fc.record({
    matrix: fc.constant(matrix),
    values: fc
      .array(fc.float({ min: -10, max: 10, noNaN: true }), {
        minLength: matrix.columns.length,
        maxLength: matrix.columns.length,
      })
      // Squares of smaller ones are below what 32-bit floats hold.
      .map((values) => Float32Array.from(values, (value) => (Math.abs(value) < 1e-6 ? 0 : value))),
    componentCount: fc.integer({ min: 1, max: 20 }),
    oversampling: fc.integer({ min: 0, max: 5 }),
    powerIterations: fc.integer({ min: 0, max: 3 }),
    seed: fc.nat(0xffffffff),
  }),
);

function plain(rows: number[][], columnCount: number, changes: Partial<TruncatedSvdInput> = {}) {
  const matrix = sparseRows(rows, columnCount);
  const values = new Float32Array(matrix.columns.length).fill(1);
  return { matrix, values, componentCount: 4, seed: 1, ...changes };
}

/** The matrix itself, and what is left of it, by its greatest singular values. */
function dense({ matrix, values }: TruncatedSvdInput): Float32Array {
  const { offsets, columns, columnCount } = matrix;
  const out = new Float32Array(rowCountOf(matrix) * columnCount);
  for (let row = 0; row < rowCountOf(matrix); row++) {
    for (let at = offsets[row]!; at < offsets[row + 1]!; at++) {
      out[row * columnCount + columns[at]!]! += values[at]!;
    }
  }
  return out;
}

/** U Σ Vᵀ */
function product({ componentCount, singularValues, left, right }: TruncatedSvd): Float32Array {
  const [rows, columns] = [left.length / componentCount, right.length / componentCount];
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let at = 0; at < componentCount; at++) {
        const scaled = left[row * componentCount + at]! * singularValues[at]!;
        out[row * columns + column]! += scaled * right[column * componentCount + at]!;
      }
    }
  }
  return out;
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((value, at) => value - b[at]!));
}

/** Vectors have length 1 and stand upright on each other, or are 0 where their singular value is. */
function expectOrthonormal(
  { componentCount, singularValues }: TruncatedSvd,
  vectors: Float32Array,
) {
  const kept = singularValues.findIndex((value) => value < 0.02 * singularValues[0]!);
  const sound = kept < 0 ? componentCount : kept;
  const gram = new Float32Array(sound * sound);
  for (let row = 0; row < vectors.length / componentCount; row++) {
    for (let a = 0; a < sound; a++) {
      for (let b = 0; b < sound; b++) {
        gram[a * sound + b]! +=
          vectors[row * componentCount + a]! * vectors[row * componentCount + b]!;
      }
    }
  }
  const unit = Float32Array.from(gram, (_, at) => (at % (sound + 1) === 0 ? 1 : 0));
  closeTo(gram, unit, 3e-3);
}

describe('the truncated singular value decomposition', () => {
  it('is its plain twin’s but for rounding, and the same on any number of threads', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (input) => {
        const expected = truncatedSvdReference(input);
        const found = await truncatedSvd(alone, input);
        expect(found.componentCount).toBe(expected.componentCount);
        closeTo(found.singularValues, expected.singularValues, 2e-3);
        const whole = dense(input);
        const size = Math.hypot(...whole);
        const [ours, theirs] = [product(found), product(expected)].map((one) =>
          distance(one, whole),
        );
        expect(Math.abs(ours! - theirs!)).toBeLessThanOrEqual(2e-3 * size);
        if (size > 0) {
          expectOrthonormal(found, found.left);
          expectOrthonormal(found, found.right);
        }
        expect(await truncatedSvd(three, input)).toEqual(found);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  it('gives a matrix of low rank back, whatever lies between its values', async () => {
    // Blocks of ones: the singular values are 60, 40, 24 and 4.
    const sizes = [60, 40, 24, 4];
    const rows: number[][] = [];
    let first = 0;
    for (const size of sizes) {
      const columns = Array.from({ length: size }, (_, at) => first + at);
      for (let row = 0; row < size; row++) rows.push(columns);
      first += size;
    }
    const input = plain(rows, first, { componentCount: 10 });
    const found = await truncatedSvd(three, input);
    closeTo(found.singularValues, Float32Array.of(...sizes, 0, 0, 0, 0, 0, 0), 1e-4);
    closeTo(product(found), dense(input), 1e-4);
  });

  it.each<[what: string, rows: number[][], columns: number, found: number]>([
    ['no rows', [], 3, 0],
    ['no columns', [[], []], 0, 0],
    ['no entries', [[], [], []], 5, 3],
    ['one of each', [[0]], 1, 1],
    ['one row with everything', [Array.from({ length: 2000 }, (_, at) => at)], 2000, 1],
  ])('of %s ends', async (_, rows, columns, count) => {
    const found = await truncatedSvd(three, plain(rows, columns));
    expect(found.componentCount).toBe(count);
    const entries = rows.reduce((sum, row) => sum + row.length, 0);
    if (count > 0)
      closeTo(found.singularValues.subarray(0, 1), Float32Array.of(entries ** 0.5), 1e-5);
    expect(found.left).toHaveLength(count * rows.length);
    expect(found.right).toHaveLength(count * columns);
  });

  it.each<[what: string, changes: Partial<TruncatedSvdInput>, message: RegExp]>([
    ['a value that is no number', { values: Float32Array.of(1, Number.NaN) }, /values\[1\] is NaN/],
    ['an infinite value', { values: Float32Array.of(-Infinity, 1) }, /values\[0\] is -Infinity/],
    ['values that overflow', { values: Float32Array.of(3e38, 3e38) }, /overflow|no decomposition/],
    ['too few values', { values: Float32Array.of(1) }, /values has 1 values; give 2/],
    ['no components', { componentCount: 0 }, /componentCount is 0/],
    ['negative oversampling', { oversampling: -1 }, /oversampling is -1/],
    ['half an iteration', { powerIterations: 0.5 }, /powerIterations is 0.5/],
    ['a column out of range', { matrix: sparseRows([[0, 9]], 2) }, /columns\[1\] is 9/],
  ])('refuses %s', async (_, changes, message) => {
    const input = plain([[0, 1]], 2, changes);
    const attempt = async () => truncatedSvd(three, input);
    await expect(attempt()).rejects.toThrow(KernelInputError);
    await expect(attempt()).rejects.toThrow(message);
  });
});
