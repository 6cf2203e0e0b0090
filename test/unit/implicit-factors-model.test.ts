import { afterAll, describe, expect, it } from 'vitest';
import { unweighted } from '../../core/training/holdout/tuning-part.ts';
import { fitImplicitFactors } from '../../core/training/models/implicit-factors.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { implicitFactors } from '../../kernels/implicit-factors.ts';

const threads = openTrainingThreads(1);
afterAll(() => threads.close());

const ITEMS = 12;
const FACTORS = 4;
const CONFIDENCE = 7;
const REGULARIZATION = 0.5;

function someRows() {
  const random = seededRandom(11);
  const rows = Array.from({ length: 30 }, () =>
    [...Array(ITEMS).keys()].filter(() => random() < 0.4),
  );
  const offsets = Uint32Array.from([
    0,
    ...rows.map((_, row) => rows.slice(0, row + 1).flat().length),
  ]);
  return unweighted({ offsets, columns: Uint32Array.from(rows.flat()), columnCount: ITEMS });
}

/** The formula at the head of the model's file as it stands, in factors that nothing was done to. */
async function scoresByTheFormula(items: readonly number[], weights: readonly number[]) {
  const rows = someRows();
  const { columns } = await implicitFactors(threads, {
    matrix: rows.matrix,
    weights: rows.weights.map((weight) => CONFIDENCE * weight),
    factorCount: FACTORS,
    regularization: REGULARIZATION,
    iterations: 5,
    seed: 3,
  });
  const vectors = Array.from({ length: ITEMS }, (_, item) => [
    ...columns.subarray(item * FACTORS, (item + 1) * FACTORS),
  ]);
  const dot = (one: number[], other: number[]) =>
    one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
  const confidenceOf = (item: number) => {
    const at = items.indexOf(item);
    return at < 0 ? 0 : CONFIDENCE * (weights[at] ?? 0);
  };
  const axis = [...Array(FACTORS).keys()];
  const matrix = axis.map((row) =>
    axis.map((column) =>
      vectors.reduce(
        (sum, y, item) => sum + (1 + confidenceOf(item)) * (y[row] ?? 0) * (y[column] ?? 0),
        row === column ? REGULARIZATION : 0,
      ),
    ),
  );
  const right = axis.map((row) =>
    items.reduce((sum, item) => sum + (1 + confidenceOf(item)) * (vectors[item]?.[row] ?? 0), 0),
  );
  const folded = solved(matrix, right);
  return vectors.map((vector) => dot(vector, folded));
}

/** Gauss–Jordan, which a positive definite matrix needs no pivots for. */
function solved(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at] ?? 0]);
  for (const [at, pivot] of rows.entries()) {
    const by = pivot[at] ?? 0;
    for (let k = 0; k < pivot.length; k++) pivot[k] = (pivot[k] ?? 0) / by;
    for (const other of rows) {
      if (other === pivot) continue;
      const factor = other[at] ?? 0;
      for (let k = 0; k < other.length; k++) other[k] = (other[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return rows.map((row) => row[FACTORS] ?? 0);
}

describe('implicit factors', () => {
  it.each<[what: string, items: number[], weights: number[]]>([
    ['nothing', [], []],
    ['fewer items than factors', [2, 9], [1, 3]],
    ['more items than factors', [0, 1, 4, 5, 8, 11], [1, 1, 2, 1, 0.5, 1]],
    ['items that say nothing', [2, 9, 10], [1, 0, 1]],
  ])('fold %s in as the formula has it', async (_, items, weights) => {
    const model = await fitImplicitFactors(
      threads,
      someRows(),
      {
        factorCount: FACTORS,
        confidence: CONFIDENCE,
        regularization: REGULARIZATION,
        iterations: 5,
      },
      3,
    );
    const scores = new Float32Array(ITEMS);
    model.score({ items: Uint32Array.from(items), weights: Float32Array.from(weights) }, scores);
    const expected = await scoresByTheFormula(items, weights);
    for (const [item, value] of expected.entries()) expect(scores[item]).toBeCloseTo(value, 4);
  });
});
