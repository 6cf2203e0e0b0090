/** The plain twin of `../cooccurrence.ts`: the formula in loops, rounded to 32 bits where the kernel rounds. */
import {
  type Cooccurrence,
  checkCooccurrence,
  type Neighbours,
  refuseInfinite,
} from '../cooccurrence.ts';
import { checkValues, rowCountOf } from '../sparse-rows.ts';

const { fround } = Math;

export function cooccurrenceReference(input: Cooccurrence): Neighbours {
  checkCooccurrence(input);
  const { matrix, sourceWeights, targetWeights, rowScale, sourceScale, targetScale } = input;
  const arrays = { sourceWeights, targetWeights, rowScale, sourceScale, targetScale };
  checkValues(matrix, arrays, 'not negative');
  const { offsets, columns, columnCount } = matrix;
  const columnPlaces: { row: number; place: number }[][] = Array.from(
    { length: columnCount },
    () => [],
  );
  for (let row = 0; row < rowCountOf(matrix); row++) {
    for (let place = offsets[row] as number; place < (offsets[row + 1] as number); place++) {
      columnPlaces[columns[place] as number]?.push({ row, place });
    }
  }
  const rows = columnPlaces.map((entries, source) => {
    const sums = new Float32Array(columnCount);
    for (const { row, place } of entries) {
      for (let other = offsets[row] as number; other < (offsets[row + 1] as number); other++) {
        const target = columns[other] as number;
        const weight = fround((targetWeights[other] as number) * (rowScale[row] as number));
        const added = fround((sourceWeights[place] as number) * weight);
        sums[target] = (sums[target] as number) + added;
      }
    }
    return Array.from(sums, (sum, target) => ({
      target,
      score: fround(
        fround(sum * (targetScale[target] as number)) * (sourceScale[source] as number),
      ),
    }))
      .filter(({ target, score }) => score > 0 && (input.keepsSelf || target !== source))
      .sort((a, b) => b.score - a.score || a.target - b.target)
      .slice(0, input.neighboursMax);
  });
  const lengths = rows.map((row) => row.length);
  const neighbours = {
    offsets: Uint32Array.from(
      [0, ...lengths],
      (
        (total) => (length) =>
          (total += length)
      )(0),
    ),
    indices: Uint32Array.from(rows.flatMap((row) => row.map(({ target }) => target))),
    scores: Float32Array.from(rows.flatMap((row) => row.map(({ score }) => score))),
  };
  refuseInfinite(neighbours);
  return neighbours;
}
