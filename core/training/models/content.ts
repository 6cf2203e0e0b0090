/**
 * Items alike by what the catalogue says of them, for those that nobody has met yet: the cosine of their words,
 *
 *   s(i→j) = Σ_t idf_t² · f_it · f_jt / (|i| · |j|),   idf_t = ln(items ÷ items with t)
 *
 * over the words t of title, brand and category; f counts a word of the title once and one of the category or brand
 * twice (weights of the kernel's entries), |i| is the length of i's vector of idf · f. Words of more than
 * `WORD_SHARE_MAX` of the items, or of more than `WORD_ITEMS_MAX`, say little and cost most, and are left out.
 * O(Σ over words of items² with it).
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
/** In a large one even a small share has too many pairs to look at. */
const WORD_ITEMS_MAX = 3_000;
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
  const { words, scale } = sharedWords(items);
  const offsets = new Uint32Array(words.length + 1);
  for (const [row, word] of words.entries()) {
    offsets[row + 1] = (offsets[row] as number) + word.items.length;
  }
  const columns = Uint32Array.from(words.flatMap((word) => [...word.items]));
  const weights = Float32Array.from(words.flatMap((word) => [...word.weights]));
  return cooccurrence(threads, {
    matrix: { offsets, columns, columnCount: items.length },
    sourceWeights: weights,
    targetWeights: weights,
    rowScale: Float32Array.from(words, ({ idf }) => idf ** 2),
    sourceScale: scale,
    targetScale: scale,
    neighboursMax,
    keepsSelf: false,
  });
}

export interface SharedWord {
  readonly idf: number;
  /** The items that have it, ascending, and how much it counts for each. */
  readonly items: Uint32Array;
  readonly weights: Float32Array;
}

export interface SharedWords {
  /** Words of more than one item and not of too many. */
  readonly words: readonly SharedWord[];
  /** 1 / |i| of each item; 0 where nothing is said of it that is said of another. */
  readonly scale: Float32Array;
}

export function sharedWords(items: readonly DescribedItem[]): SharedWords {
  const itemsOf = new Map<string, Map<number, number>>();
  for (const [index, item] of items.entries()) {
    for (const [word, weight] of weightedWords(item)) {
      const known = itemsOf.get(word) ?? new Map<number, number>();
      itemsOf.set(word, known.set(index, Math.max(weight, known.get(index) ?? 0)));
    }
  }
  const mostItems = Math.min(
    WORD_ITEMS_MAX,
    Math.max(WORD_ITEMS_MIN, WORD_SHARE_MAX * items.length),
  );
  const squares = new Float64Array(items.length);
  const words = [...itemsOf.values()]
    .filter(({ size }) => size > 1 && size <= mostItems)
    .map((holders): SharedWord => {
      const idf = Math.log(items.length / holders.size) || Number.EPSILON;
      for (const [index, weight] of holders) {
        squares[index] = (squares[index] as number) + (idf * weight) ** 2;
      }
      return {
        idf,
        items: Uint32Array.from(holders.keys()),
        weights: Float32Array.from(holders.values()),
      };
    });
  return { words, scale: Float32Array.from(squares, (sum) => (sum > 0 ? sum ** -0.5 : 0)) };
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
