/**
 * Neighbour lists in little more than a byte a neighbour. Four streams:
 *
 *   counts  varint   neighbours of each row
 *   near    u8       targets of a row in rising order of their rank, each as the distance from the one before
 *   far     varint   what is above 255 of a distance, where `near` says 255
 *   levels  u8       its score as a share of the row's highest: 255 is none, else level l stands for 2^(−l / 6)
 *
 * and the highest score of each row as f32. A level is at most 6 % off, whatever the size of the score, so
 * that sums over a customer's history are about as exact as the scores mean anything. In a row the order of the
 * neighbours is given up; what scores doesn't depend on it.
 *
 * Ranks number the items so that what goes together stands together: a walk from item to item, always on to the
 * strongest neighbour that names the item back and was not yet visited, and back where there is none (a depth-first
 * search of the mutual neighbours). Most distances then fit into one byte, and the general compression over all of it
 * (see model-columns.ts) finds few different ones: on check-ins of Gowalla, 41,000 items, a neighbour takes 1.5 bytes.
 */
import { roomForLists } from '../../kernels/fold-in.ts';
import type { Model } from './model.ts';
import type { Steps } from './steps.ts';
import { VarintReader, VarintWriter } from './varints.ts';

type Neighbours = Model['neighbours'];

export interface PackedLists {
  readonly counts: Uint8Array;
  readonly near: Uint8Array;
  readonly far: Uint8Array;
  readonly levels: Uint8Array;
  readonly highest: Float32Array;
}

const STEPS_PER_OCTAVE = 6;
const NO_SCORE = 255;
const FAR = 255;
/** A millisecond or two of unpacking, at fifty neighbours. */
const ROWS_PER_STEP = 1_024;

/** Positions of items by rank. O(n · K²) for K neighbours each. */
export function rankedItems({ offsets, indices, scores }: Neighbours): Uint32Array {
  const rowCount = offsets.length - 1;
  const names = (source: number, target: number): boolean => {
    const end = offsets[source + 1] ?? 0;
    for (let at = offsets[source] ?? 0; at < end; at++) if (indices[at] === target) return true;
    return false;
  };
  const isVisited = new Uint8Array(rowCount);
  const ranked = new Uint32Array(rowCount);
  let rank = 0;
  for (let start = 0; start < rowCount; start++) {
    const waiting = [start];
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      if (isVisited[item] === 1) continue;
      isVisited[item] = 1;
      ranked[rank++] = item;
      const onward: number[] = [];
      for (let at = offsets[item] as number; at < (offsets[item + 1] as number); at++) {
        const target = indices[at] as number;
        if (isVisited[target] === 0 && names(target, item)) onward.push(at);
      }
      // The strongest comes last, and so off the stack first.
      onward.sort((a, b) => (scores[a] as number) - (scores[b] as number));
      for (const at of onward) waiting.push(indices[at] as number);
    }
  }
  return ranked;
}

export function packLists(
  { offsets, indices, scores }: Neighbours,
  ranked: Uint32Array,
): PackedLists {
  const ranks = new Uint32Array(ranked.length);
  for (const [rank, index] of ranked.entries()) ranks[index] = rank;
  const rowCount = offsets.length - 1;
  const counts = new VarintWriter();
  const far = new VarintWriter();
  const near = new Uint8Array(indices.length);
  const levels = new Uint8Array(indices.length);
  const highest = new Float32Array(rowCount);
  let packed = 0;
  for (let row = 0; row < rowCount; row++) {
    const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
    counts.write(end - start);
    const rankAt = (at: number) => ranks[indices[at] as number] ?? indices[at] ?? 0;
    const places = Uint32Array.from({ length: end - start }, (_, step) => start + step).sort(
      (a, b) => rankAt(a) - rankAt(b),
    );
    let top = 0;
    for (const at of places) top = Math.max(top, scores[at] as number);
    highest[row] = top;
    let before = 0;
    for (const at of places) {
      const gap = rankAt(at) - before;
      near[packed] = Math.min(gap, FAR);
      if (gap >= FAR) far.write(gap - FAR);
      before = rankAt(at);
      levels[packed++] = levelOf(scores[at] as number, highest[row] as number);
    }
  }
  return { counts: counts.finish(), near, far: far.finish(), levels, highest };
}

/** Undefined where the streams don't give `neighbourCount` neighbours among the ranked items. */
export function* unpackLists(
  packed: PackedLists,
  ranked: Uint32Array,
): Steps<Neighbours | undefined> {
  const rowCount = packed.highest.length;
  const neighbourCount = packed.levels.length;
  // Where answers will need them.
  const lists = roomForLists(rowCount, neighbourCount);
  const { offsets, indices, scores } = lists;
  const counts = new VarintReader(packed.counts);
  const far = new VarintReader(packed.far);
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    if (row % ROWS_PER_STEP === 0) yield;
    const end = at + counts.read();
    if (end > neighbourCount) return undefined;
    const top = packed.highest[row] as number;
    let rank = 0;
    for (; at < end; at++) {
      const gap = packed.near[at] as number;
      rank += gap < FAR ? gap : FAR + far.read();
      const index = ranked[rank];
      if (index === undefined) return undefined;
      indices[at] = index;
      scores[at] = top * (shares[packed.levels[at] as number] as number);
    }
    offsets[row + 1] = end;
  }
  const isWhole = at === neighbourCount && counts.isAtEnd && far.isAtEnd;
  return isWhole ? lists : undefined;
}

/** What each level stands for. */
const shares = Float32Array.from({ length: NO_SCORE + 1 }, (_, level) =>
  level === NO_SCORE ? 0 : 2 ** (-level / STEPS_PER_OCTAVE),
);

function levelOf(score: number, top: number): number {
  if (!(score > 0)) return NO_SCORE;
  return Math.min(NO_SCORE - 1, Math.round(STEPS_PER_OCTAVE * Math.log2(top / score)));
}
