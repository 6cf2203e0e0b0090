/**
 * The `count` best of `candidates` by score, best first, equal scores by smaller index.
 *
 * A binary heap whose root is the worst that is kept: most candidates are turned away by one
 * comparison, so n candidates take O(n + count·log(count)·log(n / count)) on average where sorting
 * them takes O(n·log n). Emptying the heap from its root fills the result from its end.
 */
export function selectBest(
  candidates: Uint32Array,
  scores: Float64Array | Float32Array,
  count: number,
): Uint32Array {
  const heap = candidates.slice(0, count);
  for (let place = (heap.length >> 1) - 1; place >= 0; place--) {
    siftDown(heap, heap.length, place, scores);
  }
  for (let at = heap.length; at < candidates.length; at++) {
    const candidate = candidates[at] as number;
    if (!isBetter(candidate, heap[0] as number, scores)) continue;
    heap[0] = candidate;
    siftDown(heap, heap.length, 0, scores);
  }
  for (let end = heap.length - 1; end > 0; end--) {
    const worst = heap[0] as number;
    heap[0] = heap[end] as number;
    heap[end] = worst;
    siftDown(heap, end, 0, scores);
  }
  return heap;
}

/** Restores the heap's order below `place`, within its first `length` places. */
function siftDown(
  heap: Uint32Array,
  length: number,
  place: number,
  scores: Float64Array | Float32Array,
): void {
  const moved = heap[place] as number;
  let hole = place;
  for (let child = 2 * hole + 1; child < length; child = 2 * hole + 1) {
    const sibling = child + 1;
    if (sibling < length && isBetter(heap[child] as number, heap[sibling] as number, scores)) {
      child = sibling;
    }
    const worse = heap[child] as number;
    if (!isBetter(moved, worse, scores)) break;
    heap[hole] = worse;
    hole = child;
  }
  heap[hole] = moved;
}

function isBetter(one: number, other: number, scores: Float64Array | Float32Array): boolean {
  const difference = (scores[one] as number) - (scores[other] as number);
  return difference > 0 || (difference === 0 && one < other);
}
