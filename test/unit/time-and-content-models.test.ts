import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { groupByCustomer } from '../../core/training/customer-items.ts';
import { fitContent } from '../../core/training/models/content.ts';
import { fitTimeAware } from '../../core/training/models/time-aware.ts';
import { trainingRowsOf } from '../../core/training/models/training-rows-of.ts';
import { fitTrending } from '../../core/training/models/trending.ts';
import { decayedPopularity } from '../../core/training/popularity.ts';
import { fitSimilarity } from '../../core/training/similarity.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { parametersAtStart } from '../../core/training/tune.ts';
import {
  checkerboard,
  DAY_S,
  itemNamed,
  START_S,
  trainingData,
} from '../training/training-data.ts';

const threads = openTrainingThreads(1);
afterAll(() => threads.close());
const SEED = 20_261_127;

const historyOf = (...items: number[]) => ({
  items: Uint32Array.from(items),
  weights: new Float32Array(items.length).fill(1),
});

describe('the time-aware model', () => {
  it('scores as its plain twin does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 10_000 }), async (seed) => {
        const { interactions } = checkerboard({ customers: 12, items: 20, days: 20, seed });
        const asOfS = START_S + 21 * DAY_S;
        const rows = groupByCustomer(interactions);
        const popular = decayedPopularity(interactions, asOfS);
        const plain = fitSimilarity(rows, popular, asOfS, parametersAtStart);
        const kernel = await fitTimeAware(
          threads,
          trainingRowsOf(rows, interactions.itemCount, asOfS),
          popular,
          parametersAtStart,
        );
        for (let item = 0; item < 20; item++) {
          const scores = new Float32Array(20);
          kernel.score(historyOf(item), scores);
          const expected = new Float32Array(20);
          for (let at = plain.offsets[item] ?? 0; at < (plain.offsets[item + 1] ?? 0); at++) {
            expected[plain.indices[at] ?? 0] = plain.scores[at] ?? 0;
          }
          for (const [target, score] of expected.entries()) {
            expect(scores[target]).toBeCloseTo(score, 5);
          }
        }
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it('prefers what is bought together now to what was bought together once', async () => {
    const deeds = Array.from({ length: 20 }, (_, customer) => {
      const isLate = customer >= 10;
      const timeS = START_S + (isLate ? 200 * DAY_S : 0);
      return [
        { customer, item: 0, timeS },
        { customer, item: isLate ? 1 : 2, timeS },
      ];
    }).flat();
    const { interactions } = trainingData(deeds);
    const asOfS = START_S + 201 * DAY_S;
    const model = await fitTimeAware(
      threads,
      trainingRowsOf(groupByCustomer(interactions), 3, asOfS),
      decayedPopularity(interactions, asOfS),
      parametersAtStart,
    );
    const scores = new Float32Array(3);
    model.score(historyOf(0), scores);
    expect(scores[1]).toBeGreaterThan(3 * (scores[2] ?? 0));
  });

  it('takes a clock in the future for now', () => {
    const { interactions } = trainingData([{ customer: 0, item: 0, timeS: START_S + DAY_S }]);
    const rows = trainingRowsOf(groupByCustomer(interactions), 1, START_S);
    expect([...(rows.agesDays ?? [])]).toEqual([0]);
  });
});

describe('trending', () => {
  it('speaks for what rises and is silent about what falls', () => {
    const deeds = [0, 1, 2, 3].flatMap((customer) => [
      { customer, item: 0, timeS: START_S + 39 * DAY_S },
      { customer, item: 1, timeS: START_S + 20 * DAY_S },
    ]);
    const model = fitTrending(trainingData(deeds).interactions, START_S + 40 * DAY_S);
    const scores = new Float32Array(2);
    model.score(historyOf(), scores);
    expect(scores[0]).toBeGreaterThan(0);
    expect(scores[1]).toBe(0);
  });
});

describe('content', () => {
  const described = (title: string, category = '', brand = '') => ({
    ...itemNamed(title),
    title,
    category,
    brand,
  });
  const items = [
    described('Red wool scarf', 'Winter', 'Nord'),
    described('Blue WOOL scarf', 'winter'),
    described('Garden hose', 'Outdoor'),
    described('', ''),
    described('Ceramic mug'),
  ];

  it('finds an item that nobody has met by its words, whatever their case', async () => {
    const model = await fitContent(threads, items, 5);
    const scores = new Float32Array(items.length);
    model.score(historyOf(0), scores);
    expect(scores[1]).toBeGreaterThan(0);
    expect([scores[2], scores[3], scores[4]]).toEqual([0, 0, 0]);
    expect(scores[1]).toBeLessThanOrEqual(1.000001);
    expect(model.explain(historyOf(2, 0), 1)).toBe(0);
  });

  it('is silent where no word is shared, and refuses an empty catalogue', async () => {
    const model = await fitContent(threads, [described('One'), described('Two')], 5);
    const scores = new Float32Array(2);
    model.score(historyOf(0), scores);
    expect([...scores]).toEqual([0, 0]);
    await expect(fitContent(threads, [], 5)).rejects.toThrow('nothing to learn from: 0 items');
  });
});
