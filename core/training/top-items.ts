/**
 * The `size` items of the highest scores, best first, equal ones by index; those at −∞ are left out.
 *
 * Most items are turned away by one comparison with the worst that is kept. O(items + kept · size) where few
 * are kept, which is so for scores in no order.
 */
export function topItems(scores: Float32Array, size: number): Uint32Array {
  const items = new Uint32Array(size);
  const values = new Float32Array(size);
  let count = 0;
  let least = Number.NEGATIVE_INFINITY;
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item] as number;
    if (!(score > least)) continue;
    let place = count < size ? count++ : size - 1;
    for (; place > 0 && (values[place - 1] as number) < score; place--) {
      items[place] = items[place - 1] as number;
      values[place] = values[place - 1] as number;
    }
    items[place] = item;
    values[place] = score;
    if (count === size) least = values[size - 1] as number;
  }
  return items.subarray(0, count);
}
