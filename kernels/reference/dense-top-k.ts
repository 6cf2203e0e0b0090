/** The plain twin of `../dense-top-k.ts`: all products, sorted. */
import { checkDenseTopK, type DenseTopK, type TopRows } from '../dense-top-k.ts';
import type { QuantizedRows } from '../quantized-rows.ts';

const { fround } = Math;

export function denseTopKReference(input: DenseTopK): TopRows {
  const wanted = checkDenseTopK(input);
  const { rows, queries } = input;
  const best = Array.from({ length: queries.rowCount }, (_, query) =>
    Array.from({ length: rows.rowCount }, (_row, row) => ({
      row,
      score: score(rows, row, queries, query),
    }))
      .sort((a, b) => b.score - a.score || signOf(b.score) - signOf(a.score) || a.row - b.row)
      .slice(0, wanted),
  ).flat();
  return {
    wanted,
    indices: Uint32Array.from(best, ({ row }) => row),
    scores: Float32Array.from(best, (one) => one.score),
  };
}

function score(rows: QuantizedRows, row: number, queries: QuantizedRows, query: number): number {
  let sum = 0;
  for (let at = 0; at < rows.width; at++) {
    const [a, b] = [
      rows.integers[row * rows.stride + at],
      queries.integers[query * queries.stride + at],
    ];
    sum += (a as number) * (b as number);
  }
  const scaled = fround(sum * (rows.scales[row] as number));
  return fround(scaled * (queries.scales[query] as number));
}

/** Very small products round to 0 or −0, which the kernel tells apart. */
function signOf(value: number): number {
  return Object.is(value, -0) ? -1 : 1;
}
