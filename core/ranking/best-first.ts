/**
 * Visits the positions of positive scores from the highest score down; equal scores in order of
 * position, or of `ties` at their positions where given, so that an answer never depends on anything but its input.
 * `behind` starts behind a position: what comes before it has been looked at already. Off a binary heap of positions
 * in one typed array, O(n) to build and O(log n) a step.
 */
export function* bestFirst(
  scores: Float32Array,
  { ties, behind }: { readonly ties?: Uint32Array; readonly behind?: number } = {},
): Generator<number, void, undefined> {
  const heap = heapOf(scores, ties, behind);
  while (heap.size > 0) {
    yield heap.positions[0] as number;
    const end = heap.size - 1;
    heap.size = end;
    heap.positions[0] = heap.positions[end] as number;
    heap.keys[0] = heap.keys[end] as number;
    sink(heap, 0);
  }
}

interface Heap {
  size: number;
  readonly positions: Uint32Array;
  /** The scores of `positions`, beside them: a look into `scores` for each comparison costs as much again. */
  readonly keys: Float32Array;
  readonly ties: Uint32Array | undefined;
}

function heapOf(
  scores: Float32Array,
  ties: Uint32Array | undefined,
  behind: number | undefined,
): Heap {
  const { length } = scores;
  const lastScore = behind === undefined ? Infinity : (scores[behind] as number);
  const positions = new Uint32Array(length);
  const keys = new Float32Array(length);
  let size = 0;
  for (let position = 0; position < length; position += 1) {
    const score = scores[position] as number;
    const isBehind =
      score < lastScore ||
      behind === undefined ||
      (score === lastScore && comesFirst(behind, position, ties));
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
