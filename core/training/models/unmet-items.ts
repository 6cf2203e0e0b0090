/**
 * Places in a model's lists for items that nobody has met yet, by what the catalogue says of them (content.ts):
 *
 *   s(i→j) = f / 2 · cos(i, j)     for an unmet i: the `LIKE_UNMET_MAX` most alike
 *   s(i→j) = m_i / 2 · cos(i, j)   for a met i and an unmet j, at most `UNMET_IN_LIST_MAX` of them
 *
 * m_i is the least score that was learnt in the list of i, f the median of those: a guess from words counts half of the
 * weakest that was learnt, so that it never outranks any of it in the same list. Likeness below `LIKENESS_MIN` is
 * chance. O(Σ over unmet items and their words of the items with the word), bounded by content's bounds.
 */
import type { Neighbours } from '../../../kernels/cooccurrence.ts';
import type { CustomerItems } from '../customer-items.ts';
import { type DescribedItem, type SharedWord, sharedWords } from './content.ts';

const LIKE_UNMET_MAX = 20;
const UNMET_IN_LIST_MAX = 5;
/** Of two items with ten words each, two or three are the same. */
const LIKENESS_MIN = 0.25;
const GUESS = 0.5;

interface Like {
  readonly item: number;
  readonly likeness: number;
}

/** The lists with such places; those given where every item was met or words say nothing. */
export function withUnmetItems(
  lists: Neighbours,
  rows: CustomerItems,
  items: readonly DescribedItem[],
): Neighbours {
  const isMet = new Uint8Array(items.length);
  for (const item of rows.items) isMet[item] = 1;
  const unmet = [...items.keys()].filter((item) => isMet[item] === 0);
  if (unmet.length === 0) return lists;
  const likesOf = alikes(items, unmet);
  const weakest = leastScores(lists);
  const everyday = median([...weakest].filter((score) => score > 0)) ?? 1;
  const unmetOf = unmetByMet(likesOf, isMet);
  return joined(lists, (item) => {
    const likes = isMet[item] === 1 ? unmetOf.get(item) : likesOf.get(item);
    const scale = GUESS * ((weakest[item] as number) || everyday);
    return (likes ?? []).map((like) => ({ ...like, likeness: scale * like.likeness }));
  });
}

/** Of each of `unmet` the items most like it, best first, equal ones by index. */
function alikes(
  items: readonly DescribedItem[],
  unmet: readonly number[],
): ReadonlyMap<number, readonly Like[]> {
  const { words, scale } = sharedWords(items);
  const wordsOf = new Map<number, { readonly word: SharedWord; readonly weight: number }[]>(
    unmet.map((item) => [item, []]),
  );
  for (const word of words) {
    for (const [at, item] of word.items.entries()) {
      wordsOf.get(item)?.push({ word, weight: word.weights[at] as number });
    }
  }
  const sums = new Float64Array(items.length);
  const found = new Map<number, readonly Like[]>();
  for (const [item, own] of wordsOf) {
    const touched: number[] = [];
    for (const { word, weight } of own) {
      const factor = weight * word.idf ** 2;
      for (let at = 0; at < word.items.length; at++) {
        const other = word.items[at] as number;
        if (sums[other] === 0) touched.push(other);
        sums[other] = (sums[other] as number) + factor * (word.weights[at] as number);
      }
    }
    const likes: Like[] = [];
    for (const other of touched) {
      const likeness = (sums[other] as number) * (scale[item] as number) * (scale[other] as number);
      sums[other] = 0;
      if (other !== item && likeness >= LIKENESS_MIN) likes.push({ item: other, likeness });
    }
    found.set(item, bestOf(likes, LIKE_UNMET_MAX));
  }
  return found;
}

/** The other way round: of each met item the unmet ones most like it. */
function unmetByMet(
  likesOf: ReadonlyMap<number, readonly Like[]>,
  isMet: Uint8Array,
): ReadonlyMap<number, readonly Like[]> {
  const unmetOf = new Map<number, Like[]>();
  for (const [unmet, likes] of likesOf) {
    for (const { item, likeness } of likes) {
      if (isMet[item] === 0) continue;
      const known = unmetOf.get(item);
      if (known === undefined) unmetOf.set(item, [{ item: unmet, likeness }]);
      else known.push({ item: unmet, likeness });
    }
  }
  return new Map([...unmetOf].map(([item, likes]) => [item, bestOf(likes, UNMET_IN_LIST_MAX)]));
}

function bestOf(likes: readonly Like[], most: number): Like[] {
  return likes
    .toSorted((one, other) => other.likeness - one.likeness || one.item - other.item)
    .slice(0, most);
}

/** Of each list its last score; 0 where it is empty. */
function leastScores({ offsets, scores }: Neighbours): Float32Array {
  return Float32Array.from({ length: offsets.length - 1 }, (_, item) => {
    const end = offsets[item + 1] as number;
    return end > (offsets[item] as number) ? (scores[end - 1] as number) : 0;
  });
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

/** The lists, each with its likes behind it. */
function joined(lists: Neighbours, likesOf: (item: number) => readonly Like[]): Neighbours {
  const itemCount = lists.offsets.length - 1;
  const likes = Array.from({ length: itemCount }, (_, item) => likesOf(item));
  const added = likes.reduce((sum, { length }) => sum + length, 0);
  const offsets = new Uint32Array(itemCount + 1);
  const indices = new Uint32Array(lists.indices.length + added);
  const scores = new Float32Array(indices.length);
  let to = 0;
  for (const [item, own] of likes.entries()) {
    const from = lists.offsets[item] as number;
    const end = lists.offsets[item + 1] as number;
    indices.set(lists.indices.subarray(from, end), to);
    scores.set(lists.scores.subarray(from, end), to);
    to += end - from;
    for (const like of own) {
      indices[to] = like.item;
      scores[to] = like.likeness;
      to++;
    }
    offsets[item + 1] = to;
  }
  return { offsets, indices, scores };
}
