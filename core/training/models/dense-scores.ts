/** Scores by vectors of items, one behind the other. */

/** scores_j += factor_j · (vector · vectors_j); factors count 1 where absent. */
export function addProducts(
  vectors: Float32Array,
  vector: Float32Array,
  scores: Float32Array,
  factors?: Float32Array,
): void {
  const width = vector.length;
  for (let item = 0; item < scores.length; item++) {
    const product = dotAt(vectors, item * width, vector);
    scores[item] = (scores[item] as number) + product * (factors?.[item] ?? 1);
  }
}

export function dot(one: Float32Array, other: Float32Array): number {
  return dotAt(one, 0, other);
}

/** Four sums, so that the processor need not wait for one. */
export function dotAt(vectors: Float32Array, from: number, vector: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const width = vector.length;
  let at = 0;
  for (; at + 3 < width; at += 4) {
    a += (vectors[from + at] as number) * (vector[at] as number);
    b += (vectors[from + at + 1] as number) * (vector[at + 1] as number);
    c += (vectors[from + at + 2] as number) * (vector[at + 2] as number);
    d += (vectors[from + at + 3] as number) * (vector[at + 3] as number);
  }
  for (; at < width; at++) a += (vectors[from + at] as number) * (vector[at] as number);
  return a + b + c + d;
}
