import type { Model } from '../training/model.ts';
import { bestFirst } from './best-first.ts';
import { isBelow } from './category.ts';

/**
 * What everybody is offered, in order, made once per model: sorting a hundred thousand items takes longer
 * than an answer may. Made when first asked for; `prepareModel` asks ahead of the first request.
 */
export interface ModelOrders {
  /** Positions in `model.items` of what rises, and of what is in demand, best first. */
  readonly trending: Uint32Array;
  readonly popular: Uint32Array;
  /** What is in no demand, in the model's order. */
  readonly untouched: Uint32Array;
  readonly newArrivals: Uint32Array;
  readonly backInStock: Uint32Array;
  readonly reduced: Uint32Array;
  /** Positions by the whole name of their category, the most popular first. */
  readonly byCategory: ReadonlyMap<string, readonly number[]>;
}

const orders = new WeakMap<Model, ModelOrders>();

export function ordersOf(model: Model): ModelOrders {
  const known = orders.get(model);
  if (known !== undefined) return known;
  const made = makeOrders(model);
  orders.set(model, made);
  return made;
}

/** The positions of a category and of all below it, the most popular first. */
export function inCategory(model: Model, category: string): number[] {
  const { byCategory } = ordersOf(model);
  const lists = [...byCategory].filter(([name]) => isBelow(name, category));
  const [[, only] = ['', []]] = lists;
  if (lists.length <= 1) return [...only];
  const popularity = (index: number) => model.popular[index] ?? 0;
  return lists
    .flatMap(([, positions]) => positions)
    .sort((a, b) => popularity(b) - popularity(a) || a - b);
}

function makeOrders(model: Model): ModelOrders {
  const { items, popular, trending, facts } = model;
  const popularOrder = Uint32Array.from(bestFirst(popular));
  const untouched = Uint32Array.from(items.keys()).filter((index) => !((popular[index] ?? 0) > 0));
  const byCategory = new Map<string, number[]>();
  for (const index of [...popularOrder, ...untouched]) {
    const name = items[index]?.category ?? '';
    if (name === '') continue;
    const list = byCategory.get(name);
    if (list === undefined) byCategory.set(name, [index]);
    else list.push(index);
  }
  const latest = (days: Float32Array | undefined) => {
    if (days === undefined) return new Uint32Array();
    const changed = Uint32Array.from(items.keys()).filter((index) => (days[index] ?? 0) > 0);
    return changed.sort(
      (a, b) => (days[b] ?? 0) - (days[a] ?? 0) || (popular[b] ?? 0) - (popular[a] ?? 0) || a - b,
    );
  };
  return {
    trending: Uint32Array.from(bestFirst(trending)),
    popular: popularOrder,
    untouched,
    newArrivals: latest(facts?.newOnDay),
    backInStock: latest(facts?.backOnDay),
    reduced: latest(facts?.reducedOnDay),
    byCategory,
  };
}
