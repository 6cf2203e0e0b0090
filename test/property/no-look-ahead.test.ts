import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fitBeforeTest, TRAINING_SEED } from '../../core/training/candidate.ts';
import { evaluationCases } from '../../core/training/evaluation.ts';
import { fitModel } from '../../core/training/fit.ts';
import { splitByTime } from '../../core/training/split.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { tune } from '../../core/training/tune.ts';
import { checkerboard, DAY_S, START_S, trainingData } from '../training/training-data.ts';

const DAYS = 20;
const range = { oldestS: START_S, newestS: START_S + DAYS * DAY_S };
const outcome = splitByTime(range);
if (!outcome.ok) throw new Error(outcome.reason);
const { split } = outcome;

const deeds = fc.array(
  fc.record({
    customer: fc.nat(10),
    item: fc.nat(15),
    timeS: fc.integer({ min: range.oldestS, max: range.newestS }),
  }),
  { minLength: 1, maxLength: 150 },
);

const threads = openTrainingThreads(1);
afterAll(() => threads.close());

describe('nothing from the future', () => {
  it('is in a model that is judged by the test period', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, deeds, async (past, future) => {
        const before = past.filter((deed) => deed.timeS < split.testFromS);
        const after = future.filter((deed) => deed.timeS >= split.testFromS);
        const alone = { ...trainingData(before, 16) };
        const whole = trainingData([...before, ...after], 16);
        const data = checkerboard({ customers: 4, items: 16, days: 8, seed: 1 });
        const { parameters } = await tune(threads, data, split, 1);
        expect(await fitModel(threads, 'm', fitBeforeTest(whole, split), parameters)).toEqual(
          await fitModel(threads, 'm', fitBeforeTest(alone, split), parameters),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('is in a history that a ranking is made from', () => {
    fc.assert(
      fc.property(deeds, (all) => {
        const cases = evaluationCases(trainingData(all, 16), split.testFromS, split.untilS, 1);
        for (const { history, targets } of cases) {
          expect(history.length).toBeGreaterThan(0);
          expect(targets.size).toBeGreaterThan(0);
          for (const entry of history) expect(entry.timeMs).toBeLessThan(split.testFromS * 1000);
        }
      }),
    );
  });

  it('moves the choice of parameters: the test period may hold anything', async () => {
    const data = checkerboard({ customers: 30, items: 16, days: DAYS, seed: 5 });
    const { timesS, items } = data.interactions;
    const disturbed = {
      ...data,
      interactions: {
        ...data.interactions,
        items: items.map((item, row) => ((timesS[row] ?? 0) >= split.testFromS ? 3 : item)),
      },
    };
    expect(await tune(threads, disturbed, split, TRAINING_SEED)).toEqual(
      await tune(threads, data, split, TRAINING_SEED),
    );
  });
});
