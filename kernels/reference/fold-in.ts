/** The plain twin of `../fold-in.ts`: entry by entry into dense sums. */
import type { NeighbourLists } from '../fold-in.ts';

export interface PlainEntry {
  readonly source: number;
  readonly weight: number;
  readonly lift: number;
}

/** Of each row that something was added for: its score, and the entry that said most. */
export type PlainFold = ReadonlyMap<number, { readonly score: number; readonly cause: number }>;

const { fround } = Math;

export function foldInReference(
  { offsets, indices, scores }: NeighbourLists,
  entries: readonly PlainEntry[],
): PlainFold {
  const folded = new Map<number, { score: number; cause: number; strongest: number }>();
  for (const [entry, { source, weight }] of entries.entries()) {
    for (let at = offsets[source] as number; at < (offsets[source + 1] as number); at++) {
      const target = indices[at] as number;
      const contribution = weight * (scores[at] as number);
      if (weight === 0 || scores[at] === 0) continue;
      const sum = folded.get(target) ?? { score: 0, cause: entry, strongest: 0 };
      folded.set(target, sum);
      sum.score = fround(sum.score + contribution);
      if (target === source || contribution <= sum.strongest) continue;
      sum.strongest = contribution;
      sum.cause = entry;
    }
  }
  for (const { source, lift } of entries) {
    const own = folded.get(source);
    if (own !== undefined) own.score = fround(own.score * lift);
  }
  return folded;
}

/** Rows of the best scores above 0, equal ones by row. */
export function bestReference(folded: PlainFold, wanted: number): number[] {
  return [...folded]
    .filter(([, { score }]) => score > 0)
    .sort(([row, one], [otherRow, other]) => other.score - one.score || row - otherRow)
    .slice(0, wanted)
    .map(([row]) => row);
}
