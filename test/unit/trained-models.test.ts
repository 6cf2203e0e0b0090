import { afterAll, describe, expect, it } from 'vitest';
import { chooseModel, fitChoice } from '../../core/training/holdout/choose-model.ts';
import { splitAccuracy } from '../../core/training/holdout/ranking-accuracy.ts';
import { recipeNames, recipeOf } from '../../core/training/holdout/recipes.ts';
import { unweighted } from '../../core/training/holdout/tuning-part.ts';
import { blendOf } from '../../core/training/models/blend.ts';
import {
  type History,
  type TrainedModel,
  TrainingRowsError,
} from '../../core/training/models/trained-model.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';

const threads = openTrainingThreads(1);
afterAll(() => threads.close());

const ITEMS = 40;

/** Even customers have even items and odd ones odd items; item 39 nobody has. */
function board(customers: number, seed: number) {
  const random = seededRandom(seed);
  const rows = Array.from({ length: customers }, (_, customer) => {
    const items = new Set<number>();
    while (items.size < 8) items.add(2 * Math.floor(random() * 19) + (customer % 2));
    return [...items].toSorted((one, other) => one - other);
  });
  const offsets = new Uint32Array(customers + 1);
  for (const [row, items] of rows.entries()) offsets[row + 1] = (offsets[row] ?? 0) + items.length;
  return { offsets, columns: Uint32Array.from(rows.flat()), columnCount: ITEMS };
}

const rows = unweighted(board(60, 5));
const historyOf = (...items: number[]): History => ({
  items: Uint32Array.from(items),
  weights: new Float32Array(items.length).fill(1),
});

async function fitted(name: (typeof recipeNames)[number]): Promise<TrainedModel> {
  const recipe = recipeOf(name);
  return recipe.fit({ threads, seed: 1 }, rows, small(recipe.start));
}

/** A filter that lets everything pass would know of nothing but the history itself. */
function small(parameters: Readonly<Record<string, number>>) {
  return 'componentCount' in parameters ? { ...parameters, componentCount: 2 } : parameters;
}

describe.each(recipeNames)('the model %s', (name) => {
  it('scores as finite numbers, alike for all items and for some', async () => {
    const model = await fitted(name);
    const scores = new Float32Array(ITEMS);
    model.score(historyOf(0, 2, 4), scores);
    expect(scores.every(Number.isFinite)).toBe(true);
    const some = model.scoreItems(historyOf(0, 2, 4), Uint32Array.of(6, 7, 39));
    for (const [at, item] of [6, 7, 39].entries()) {
      expect(some[at]).toBeCloseTo(scores[item] ?? Number.NaN, 5);
    }
    expect(model.sizeBytes).toBeGreaterThan(0);
  });

  it('says nothing personal to an empty history', async () => {
    const model = await fitted(name);
    const scores = new Float32Array(ITEMS);
    model.score(historyOf(), scores);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(model.explain(historyOf(), 6)).toBeUndefined();
  });

  it('ranks by taste, and names what of the history speaks for it', async () => {
    if (name === 'popular') return;
    const model = await fitted(name);
    const history = historyOf(0, 2, 4);
    const scores = new Float32Array(ITEMS);
    model.score(history, scores);
    const sum = (parity: number) =>
      scores.reduce((total, score, item) => total + (item % 2 === parity ? score : 0), 0);
    expect(sum(0)).toBeGreaterThan(5 * Math.abs(sum(1)));
    expect([0, 2, 4]).toContain(model.explain(history, 6));
  });

  it('refuses nothing to learn from, and weights that are no numbers', async () => {
    const recipe = recipeOf(name);
    const empty = unweighted({
      offsets: new Uint32Array(1),
      columns: new Uint32Array(0),
      columnCount: 0,
    });
    const context = { threads, seed: 1 };
    await expect(recipe.fit(context, empty, recipe.start)).rejects.toThrow(TrainingRowsError);
    const weights = rows.weights.slice();
    weights[3] = Number.NaN;
    await expect(recipe.fit(context, { ...rows, weights }, recipe.start)).rejects.toThrow(
      'weights[3] is NaN; every value must be finite and not negative.',
    );
  });

  it('fits one customer with one item', async () => {
    const recipe = recipeOf(name);
    const one = unweighted({
      offsets: Uint32Array.of(0, 1),
      columns: Uint32Array.of(0),
      columnCount: 1,
    });
    const model = await recipe.fit({ threads, seed: 1 }, one, recipe.start);
    const scores = new Float32Array(1);
    model.score(historyOf(0), scores);
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

describe('a blend', () => {
  it('of one model ranks as the model', async () => {
    const model = await fitted('similarity');
    const alone = new Float32Array(ITEMS);
    model.score(historyOf(0, 2), alone);
    const blended = new Float32Array(ITEMS);
    blendOf([{ model, share: 1 }], ITEMS).score(historyOf(0, 2), blended);
    const order = (scores: Float32Array) =>
      [...scores.keys()].toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
    expect(order(blended)).toEqual(order(alone));
  });
});

describe('choosing a model', () => {
  const input = {
    threads,
    train: rows.matrix,
    size: 10,
    seed: 1,
    trialsMax: 12,
    spentTime: () => 0,
    onProgress: () => {},
  };

  it.each(['similarity', 'best'] as const)('%s is the same again from its seed', async (name) => {
    const choice = await chooseModel(name, input);
    expect(choice.judged).toBeGreaterThan(0);
    expect(await chooseModel(name, input)).toEqual(choice);
    const model = await fitChoice(choice, input);
    const everybody = Array.from({ length: 60 }, (_, row) => row);
    const other = board(60, 6);
    const { recall } = splitAccuracy(model, rows, other, everybody, 10);
    const popular = splitAccuracy(await fitted('popular'), rows, other, everybody, 10);
    expect(recall).toBeGreaterThan(popular.recall);
  });

  it('takes the starts where no customer has two items', async () => {
    const train = {
      offsets: Uint32Array.of(0, 1, 2),
      columns: Uint32Array.of(0, 1),
      columnCount: 2,
    };
    const choice = await chooseModel('best', { ...input, train });
    expect(choice.judged).toBe(0);
    await fitChoice(choice, { ...input, train });
  });

  it('ends in time with the best so far', async () => {
    const choice = await chooseModel('similarity', { ...input, spentTime: () => 1 });
    expect(choice.trials).toHaveLength(1);
    expect(choice.parts[0]?.parameters).toEqual(recipeOf('similarity').start);
  });
});
