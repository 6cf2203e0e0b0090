/**
 * Visits the positions of positive scores from the highest score down; equal scores in order of
 * position, or of `ties` at their positions where given, so that an answer never depends on anything but its input. A binary heap of positions in
 * one typed array: O(n) to build and O(log n) a step, so a caller that stops after a dozen pays for a
 * dozen, and one that has to skip many still sees all of them.
 */
export function* bestFirst(
  scores: Float32Array,
  ties?: Uint32Array,
): Generator<number, void, undefined> {
  const heap = new Uint32Array(scores.length);
  let size = 0;
  for (let position = 0; position < scores.length; position += 1) {
    if ((scores[position] ?? 0) > 0) {
      heap[size] = position;
      size += 1;
    }
  }
  for (let parent = (size >> 1) - 1; parent >= 0; parent -= 1)
    sink(heap, size, parent, scores, ties);
  while (size > 0) {
    yield heap[0] ?? 0;
    size -= 1;
    heap[0] = heap[size] ?? 0;
    sink(heap, size, 0, scores, ties);
  }
}

function sink(
  heap: Uint32Array,
  size: number,
  start: number,
  scores: Float32Array,
  ties: Uint32Array | undefined,
): void {
  let parent = start;
  for (;;) {
    let best = parent;
    const left = 2 * parent + 1;
    if (left < size && precedes(heap, left, best, scores, ties)) best = left;
    if (left + 1 < size && precedes(heap, left + 1, best, scores, ties)) best = left + 1;
    if (best === parent) return;
    const moved = heap[parent] ?? 0;
    heap[parent] = heap[best] ?? 0;
    heap[best] = moved;
    parent = best;
  }
}

function precedes(
  heap: Uint32Array,
  a: number,
  b: number,
  scores: Float32Array,
  ties: Uint32Array | undefined,
): boolean {
  const first = heap[a] as number;
  const second = heap[b] as number;
  const difference = (scores[first] as number) - (scores[second] as number);
  if (difference !== 0) return difference > 0;
  return ties === undefined ? first < second : (ties[first] as number) < (ties[second] as number);
}
