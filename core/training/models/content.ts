/**
 * Items alike by what the catalogue says of them, for those that nobody has met yet: the cosine of their words,
 *
 *   s(i→j) = Σ_t idf_t² · f_it · f_jt / (|i| · |j|),   idf_t = ln(items ÷ items with t)
 *
 * over the words t of title, brand and category; f counts a word of the title once and one of the category or brand
 * twice (weights of the kernel's entries), |i| is the length of i's vector of idf · f. Words of more than
 * `WORD_SHARE_MAX` of the items say nothing and cost most, and are left out. O(Σ over words of items² with it).
 */

import { cooccurrence, type Neighbours } from '../../../kernels/cooccurrence.ts';
import type { Item } from '../../catalogue/item.ts';
import type { TrainingThreads } from '../training-threads.ts';
import { itemListModel } from './item-lists.ts';
import { type TrainedModel, TrainingRowsError } from './trained-model.ts';

/** What the catalogue says in words. */
export type DescribedItem = Pick<Item, 'title' | 'category' | 'brand'>;

/** A word of every tenth item is no description; bounds the pairs of a word, too. */
const WORD_SHARE_MAX = 0.1;
/** In a small catalogue even rare words are of a large share. */
const WORD_ITEMS_MIN = 20;
const FIELD_WEIGHT = 2;

export async function fitContent(
  threads: TrainingThreads,
  items: readonly DescribedItem[],
  neighboursMax: number,
): Promise<TrainedModel> {
  if (items.length === 0) throw new TrainingRowsError('There is nothing to learn from: 0 items.');
  return itemListModel('content', await contentLists(threads, items, neighboursMax));
}

export function contentLists(
  threads: TrainingThreads,
  items: readonly DescribedItem[],
  neighboursMax: number,
): Promise<Neighbours> {
  const itemsOf = new Map<string, Map<number, number>>();
  for (const [index, item] of items.entries()) {
    for (const [word, weight] of weightedWords(item)) {
      const known = itemsOf.get(word) ?? new Map<number, number>();
      itemsOf.set(word, known.set(index, Math.max(weight, known.get(index) ?? 0)));
    }
  }
  const mostItems = Math.max(WORD_ITEMS_MIN, WORD_SHARE_MAX * items.length);
  const words = [...itemsOf.values()].filter(({ size }) => size > 1 && size <= mostItems);
  const offsets = new Uint32Array(words.length + 1);
  const columns: number[] = [];
  const weights: number[] = [];
  const squares = new Float64Array(items.length);
  const rowScale = new Float32Array(words.length);
  for (const [row, holders] of words.entries()) {
    const idf = Math.log(items.length / holders.size) || Number.EPSILON;
    rowScale[row] = idf ** 2;
    for (const [index, weight] of holders) {
      columns.push(index);
      weights.push(weight);
      squares[index] = (squares[index] as number) + (idf * weight) ** 2;
    }
    offsets[row + 1] = columns.length;
  }
  const scale = Float32Array.from(squares, (square) => (square > 0 ? square ** -0.5 : 0));
  const entryWeights = Float32Array.from(weights);
  return cooccurrence(threads, {
    matrix: { offsets, columns: Uint32Array.from(columns), columnCount: items.length },
    sourceWeights: entryWeights,
    targetWeights: entryWeights,
    rowScale,
    sourceScale: scale,
    targetScale: scale,
    neighboursMax,
    keepsSelf: false,
  });
}

/** Words of two letters or digits at least, in lower case, apart from those of other fields. */
function weightedWords({ title, category, brand }: DescribedItem): (readonly [string, number])[] {
  const words = (text: string) =>
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]{2,}/gu);
  return [
    ...(words(title) ?? []).map((word) => [word, 1] as const),
    ...(words(category) ?? []).map((word) => [`category ${word}`, FIELD_WEIGHT] as const),
    ...(words(brand) ?? []).map((word) => [`brand ${word}`, FIELD_WEIGHT] as const),
  ];
}
