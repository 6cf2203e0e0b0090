/** The plain twin of `../implicit-factors.ts`: the same steps in 64-bit floats, one row at a time. */
import {
  COLUMNS,
  checkImplicitFactorization,
  type Factors,
  type ImplicitFactorization,
  STEPS_DEFAULT,
} from '../implicit-factors.ts';
import { checkValues, merged, rowCountOf } from '../sparse-rows.ts';
import { uniformRows } from './uniform-rows.ts';

type Entry = readonly [other: number, weight: number];

export function implicitFactorsReference(input: ImplicitFactorization): Factors {
  checkImplicitFactorization(input);
  checkValues(input.matrix, { weights: input.weights }, 'not negative');
  const { factorCount, seed } = input;
  const { matrix, values } = merged(input.matrix, input.weights);
  const byRow: Entry[][] = [];
  const byColumn: Entry[][] = Array.from({ length: matrix.columnCount }, () => []);
  for (let row = 0; row < rowCountOf(matrix); row++) {
    const entries: Entry[] = [];
    for (let at = matrix.offsets[row] as number; at < (matrix.offsets[row + 1] as number); at++) {
      const column = matrix.columns[at] as number;
      entries.push([column, values[at] as number]);
      byColumn[column]?.push([row, values[at] as number]);
    }
    byRow.push(entries);
  }
  const scale = 1 / (2 * factorCount);
  let rows = uniformRows(byRow.length, factorCount, seed, scale);
  let columns = uniformRows(byColumn.length, factorCount, (seed ^ COLUMNS) >>> 0, scale);
  for (let iteration = 0; iteration < input.iterations; iteration++) {
    rows = byRow.map((entries, row) => solve(input, entries, columns, rows[row] ?? []));
    columns = byColumn.map((entries, column) => solve(input, entries, rows, columns[column] ?? []));
  }
  return {
    factorCount,
    rows: Float32Array.from(rows.flat()),
    columns: Float32Array.from(columns.flat()),
  };
}

function solve(
  { regularization, steps = STEPS_DEFAULT }: ImplicitFactorization,
  entries: readonly Entry[],
  others: readonly (readonly number[])[],
  start: readonly number[],
): number[] {
  if (entries.length === 0) return start.map(() => 0);
  const product = (vector: readonly number[]) => {
    const out = vector.map((value) => regularization * value);
    for (const other of others) add(out, dot(other, vector), other);
    for (const [at, weight] of entries) {
      const other = others[at] ?? [];
      add(out, weight * dot(other, vector), other);
    }
    return out;
  };
  const solution = [...start];
  const residual = product(start).map((value) => -value);
  for (const [at, weight] of entries) add(residual, 1 + weight, others[at] ?? []);
  let direction = [...residual];
  let norm = dot(residual, residual);
  for (let step = 0; step < steps && norm >= 1e-20; step++) {
    const image = product(direction);
    const length = norm / dot(direction, image);
    add(solution, length, direction);
    add(residual, -length, image);
    const next = dot(residual, residual);
    const keep = next / norm;
    direction = residual.map((value, at) => value + keep * (direction[at] as number));
    norm = next;
  }
  return solution;
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, at) => sum + value * (right[at] as number), 0);
}

function add(to: number[], factor: number, vector: readonly number[]): void {
  for (const [at, value] of vector.entries()) to[at] = (to[at] as number) + factor * value;
}
