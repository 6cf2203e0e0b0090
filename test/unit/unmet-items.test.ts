import { afterAll, describe, expect, it } from 'vitest';
import { fitServedModel, prepareFit } from '../../core/training/fit.ts';
import { explain, scoreHistory } from '../../core/training/score.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { DAY_S, plainParameters, START_S, trainingData } from '../training/training-data.ts';

const threads = openTrainingThreads(1);
afterAll(() => threads.close());

const titles = [
  'Red wool scarf',
  'Garden hose',
  'Blue wool scarf',
  'Green wool scarf',
  'Ceramic mug',
];
const [RED, HOSE, BLUE, GREEN, MUG] = [0, 1, 2, 3, 4];

/** Customers who buy the red scarf and the hose; nobody has met the blue and the green scarf, nor the mug. */
async function shop() {
  const deeds = [0, 1, 2].flatMap((customer) =>
    [RED, HOSE].map((item) => ({ customer, item, timeS: START_S + customer * DAY_S })),
  );
  const { interactions } = trainingData(deeds);
  const { items } = trainingData(titles.map((_, item) => ({ customer: 0, item, timeS: START_S })));
  const named = items.map((item, index) => ({ ...item, title: titles[index] ?? '', category: '' }));
  const data = { interactions: { ...interactions, itemCount: titles.length }, items: named };
  const prepared = prepareFit(data, START_S + 10 * DAY_S);
  return await fitServedModel(threads, 'm', prepared, plainParameters);
}

const viewed = (item: number, model: Awaited<ReturnType<typeof shop>>) =>
  ({ itemId: model.items[item]?.itemId ?? '', kind: 'view', timeMs: model.asOfMs - 1 }) as const;

describe('items that nobody has met', () => {
  it('stand behind what was learnt, in the lists of items that they are like', async () => {
    const model = await shop();
    const scores = scoreHistory(model, [viewed(RED, model)], model.asOfMs);
    expect(scores[HOSE]).toBeGreaterThan(scores[BLUE] ?? 0);
    expect(scores[BLUE]).toBeGreaterThan(0);
    expect(scores[GREEN]).toBeGreaterThan(0);
    expect(scores[MUG]).toBe(0);
    expect(explain(model, [viewed(RED, model)], BLUE, model.asOfMs)?.itemId).toBe(
      model.items[RED]?.itemId,
    );
  });

  it('lead to what they are like when they are looked at', async () => {
    const model = await shop();
    const scores = scoreHistory(model, [viewed(BLUE, model)], model.asOfMs);
    expect(scores[GREEN]).toBeGreaterThan(0);
    expect(scores[RED]).toBeGreaterThan(0);
    expect([scores[HOSE], scores[BLUE]]).toEqual([0, 0]);
  });

  it('change nothing of what was learnt', async () => {
    const { neighbours } = await shop();
    const list = (item: number) => [
      ...neighbours.indices.subarray(neighbours.offsets[item], neighbours.offsets[item + 1]),
    ];
    expect(list(HOSE)).toEqual([RED, HOSE]);
    expect(list(RED).slice(0, 2).toSorted()).toEqual([RED, HOSE]);
    expect(list(MUG)).toEqual([]);
  });
});
