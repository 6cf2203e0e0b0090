/**
 * Visits the positions of positive scores from the highest score down; equal scores in order of
 * position, or of `ties` at their positions where given, so that an answer never depends on anything but its input.
 * The first `expected` are picked out in one pass; whoever asks for more gets them off a binary heap of positions in
 * one typed array, O(n) to build and O(log n) a step.
 */
export function* bestFirst(
  scores: Float32Array,
  ties?: Uint32Array,
  expected = 16,
): Generator<number, void, undefined> {
  const head = headOf(scores, ties, expected);
  yield* head;
  yield* behind(head, scores, ties, expected);
}

/** The same, for who wants to look at the first `expected` together: `head`, and what comes behind them. */
export function headAndRest(
  scores: Float32Array,
  ties: Uint32Array,
  expected: number,
): { readonly head: readonly number[]; readonly rest: Iterable<number> } {
  const head = headOf(scores, ties, expected);
  return { head, rest: behind(head, scores, ties, expected) };
}

function* behind(
  head: readonly number[],
  scores: Float32Array,
  ties: Uint32Array | undefined,
  expected: number,
): Generator<number, void, undefined> {
  const last = head[expected - 1];
  if (last === undefined) return;
  const heap = heapBehind(last, scores, ties);
  while (heap.size > 0) {
    yield heap.positions[0] as number;
    const end = heap.size - 1;
    heap.size = end;
    heap.positions[0] = heap.positions[end] as number;
    heap.keys[0] = heap.keys[end] as number;
    sink(heap, 0);
  }
}

/** The best `size`, in order. Most positions are turned away by one comparison with the last that is kept. */
function headOf(scores: Float32Array, ties: Uint32Array | undefined, size: number): number[] {
  const positions: number[] = [];
  const keys: number[] = [];
  let least = 0;
  for (let position = 0; position < scores.length; position += 1) {
    const score = scores[position] as number;
    if (!(score >= least) || score <= 0) continue;
    let place = positions.length;
    while (place > 0) {
      const key = keys[place - 1] as number;
      const isBehind =
        key > score ||
        (key === score && comesFirst(positions[place - 1] as number, position, ties));
      if (isBehind) break;
      place -= 1;
    }
    if (place === size) continue;
    if (positions.length < size) {
      positions.push(position);
      keys.push(score);
    }
    for (let at = positions.length - 1; at > place; at -= 1) {
      positions[at] = positions[at - 1] as number;
      keys[at] = keys[at - 1] as number;
    }
    positions[place] = position;
    keys[place] = score;
    if (positions.length === size) least = keys[size - 1] as number;
  }
  return positions;
}

interface Heap {
  size: number;
  readonly positions: Uint32Array;
  /** The scores of `positions`, beside them: a look into `scores` for each comparison costs as much again. */
  readonly keys: Float32Array;
  readonly ties: Uint32Array | undefined;
}

/** What comes behind `last` in the order. */
function heapBehind(last: number, scores: Float32Array, ties: Uint32Array | undefined): Heap {
  const { length } = scores;
  const lastScore = scores[last] as number;
  const positions = new Uint32Array(length);
  const keys = new Float32Array(length);
  let size = 0;
  for (let position = 0; position < length; position += 1) {
    const score = scores[position] as number;
    const isBehind = score < lastScore || (score === lastScore && comesFirst(last, position, ties));
    if (score > 0 && isBehind) {
      positions[size] = position;
      keys[size] = score;
      size += 1;
    }
  }
  const heap = { size, positions, keys, ties };
  for (let parent = (size >> 1) - 1; parent >= 0; parent -= 1) sink(heap, parent);
  return heap;
}

/** Moves the entry at `start` down to where none below it comes first: a hole sinks, and takes it in at the end. */
function sink({ size, positions, keys, ties }: Heap, start: number): void {
  const position = positions[start] as number;
  const key = keys[start] as number;
  let hole = start;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= size) break;
    let childKey = keys[child] as number;
    if (child + 1 < size) {
      const otherKey = keys[child + 1] as number;
      const isOther =
        otherKey > childKey ||
        (otherKey === childKey &&
          comesFirst(positions[child + 1] as number, positions[child] as number, ties));
      if (isOther) {
        child += 1;
        childKey = otherKey;
      }
    }
    const childPosition = positions[child] as number;
    if (key > childKey || (key === childKey && comesFirst(position, childPosition, ties))) break;
    positions[hole] = childPosition;
    keys[hole] = childKey;
    hole = child;
  }
  positions[hole] = position;
  keys[hole] = key;
}

/** Which of two of one score. */
function comesFirst(first: number, second: number, ties: Uint32Array | undefined): boolean {
  return ties === undefined ? first < second : (ties[first] as number) < (ties[second] as number);
}
