import type { ChangedItems } from '../catalogue/changed-items.ts';
import type { Item } from '../catalogue/item.ts';
import { type CustomerItems, groupByCustomer } from './customer-items.ts';
import { between, type Interactions } from './interactions.ts';
import { type ItemFacts, itemFactsOf } from './item-facts.ts';
import { ItemPositions } from './item-positions.ts';
import type { Model, ModelParameters } from './model.ts';
import { timeAwareLists } from './models/time-aware.ts';
import { trainingRowsOf } from './models/training-rows-of.ts';
import { withUnmetItems } from './models/unmet-items.ts';
import { decayedPopularity, trendingRise } from './popularity.ts';
import type { TrainingThreads } from './training-threads.ts';

/** A snapshot in memory: `items[n]` is the item that the columns call n. */
export interface TrainingData {
  readonly interactions: Interactions;
  readonly items: readonly Item[];
  /** What has changed about items of late, as the catalogue said when the snapshot was made. */
  readonly changes?: ChangedItems;
}

/** All of a fit that does not depend on the parameters; made once, fitted many times. */
export interface PreparedFit {
  readonly items: readonly Item[];
  readonly indexOf: ItemPositions;
  /** The model's "now", seconds. */
  readonly asOfS: number;
  readonly rows: CustomerItems;
  readonly popular: Float32Array;
  readonly trending: Float32Array;
  readonly facts: ItemFacts;
}

/** What is known at `asOfS`: interactions at that very second and later are left out. */
export function prepareFit(data: TrainingData, asOfS: number): PreparedFit {
  const known = between(data.interactions, 0, asOfS);
  const indexOf = ItemPositions.of(data.items.map(({ itemId }) => itemId));
  return {
    items: data.items,
    indexOf,
    asOfS,
    rows: groupByCustomer(known),
    popular: decayedPopularity(known, asOfS),
    trending: trendingRise(known, asOfS),
    facts: itemFactsOf(known, indexOf, data.changes),
  };
}

/** The model as it is judged and served: what was learnt, and by their words the items that nobody has met. */
export async function fitServedModel(
  threads: TrainingThreads,
  id: string,
  prepared: PreparedFit,
  parameters: ModelParameters,
): Promise<Model> {
  const model = await fitModel(threads, id, prepared, parameters);
  return { ...model, neighbours: withUnmetItems(model.neighbours, prepared.rows, prepared.items) };
}

/** What was learnt alone, which is all that parameters change. */
export async function fitModel(
  threads: TrainingThreads,
  id: string,
  prepared: PreparedFit,
  parameters: ModelParameters,
): Promise<Model> {
  const { items, indexOf, asOfS, rows, popular, trending, facts } = prepared;
  return {
    id,
    asOfMs: asOfS * 1000,
    parameters,
    items,
    indexOf,
    neighbours: await timeAwareLists(
      threads,
      trainingRowsOf(rows, items.length, asOfS),
      popular,
      parameters,
    ),
    popular,
    trending,
    facts,
  };
}
