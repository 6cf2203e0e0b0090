import { afterAll, describe, expect, it } from 'vitest';
import { TRAINING_SEED } from '../../core/training/candidate.ts';
import { ndcg } from '../../core/training/evaluation.ts';
import type { TrainingData } from '../../core/training/fit.ts';
import { decide } from '../../core/training/gate.ts';
import { scoreHistory } from '../../core/training/score.ts';
import { seededRandom } from '../../core/training/seeded-random.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { tune } from '../../core/training/tune.ts';
import { heldOut, judgedCandidate } from '../../examples/judged-candidate.ts';
import { checkerboard, START_S, trainingData } from '../training/training-data.ts';

const threads = openTrainingThreads(1);
afterAll(() => threads.close());

async function evaluated(data: TrainingData, current?: { id: string }) {
  const split = heldOut(data);
  const tuning = await tune(threads, data, split, TRAINING_SEED);
  return judgedCandidate({
    threads,
    data,
    split,
    tuning,
    ...(current && { current: { ...current, parameters: tuning.parameters } }),
  });
}

const board = checkerboard({ customers: 80, items: 60, days: 40, seed: 7 });

describe('on a checkerboard of tastes', async () => {
  const { candidate, report } = await evaluated(board);

  it('an even customer is recommended even items only', () => {
    const history = [{ itemId: 'i2', kind: 'purchase' as const, timeMs: START_S * 1000 }];
    const scores = scoreHistory(candidate, history, candidate.asOfMs);
    const recommended = [...scores.keys()].filter((item) => (scores[item] ?? 0) > 0);
    expect(recommended.length).toBeGreaterThan(20);
    expect(recommended.filter((item) => item % 2 === 1)).toEqual([]);
  });

  it('the model beats popularity on all items and on new ones, and passes the gate', () => {
    expect(report.versusPopularity.all.lower).toBeGreaterThan(0);
    expect(report.versusPopularity.fresh.lower).toBeGreaterThan(0);
    expect(decide(report)).toMatchObject({ promoted: true });
  });

  it('the same parameters refitted are neither better nor worse than themselves', async () => {
    const again = (await evaluated(board, { id: 'current' })).report;
    expect(again.current?.versusCurrent.all).toEqual({ mean: 0, lower: 0, upper: 0 });
    expect(decide(again)).toMatchObject({ promoted: true });
  });

  it('a second run finds the same parameters and figures', async () => {
    expect((await evaluated(board)).report).toEqual(report);
  });
});

describe('where there is nothing to learn', () => {
  it('a model of random purchases is not promoted over a current one', async () => {
    const random = checkerboard({ customers: 60, items: 60, days: 40, seed: 3 });
    const draw = seededRandom(11);
    const shuffled = random.interactions.customers.map(() => Math.floor(draw() * 60));
    const data = { ...random, interactions: { ...random.interactions, customers: shuffled } };
    const { report } = await evaluated(data, { id: 'current' });
    expect(decide(report)).toMatchObject({ promoted: false });
  });

  it('customers who never return give no evidence, and no error', async () => {
    const deeds = Array.from({ length: 50 }, (_, customer) => ({
      customer,
      item: customer % 5,
      timeS: START_S + customer * 86_400,
    }));
    const { report } = await evaluated(trainingData(deeds));
    expect(report.candidate.all.customers).toBe(0);
    expect(decide(report)).toMatchObject({ promoted: false });
  });
});

describe('NDCG', () => {
  it('is 1 for every target on top, in any order, and 0 for none', () => {
    expect(ndcg([4, 2, 9], new Set([2, 4]))).toBeCloseTo(1, 12);
    expect(ndcg([1, 2, 3], new Set([7]))).toBe(0);
    expect(ndcg([1, 2, 3], new Set())).toBe(0);
  });

  it('discounts by the logarithm of the rank and cuts the ideal at the size', () => {
    expect(ndcg([5, 1], new Set([1]))).toBeCloseTo(1 / Math.log2(3), 12);
    const twelve = Array.from({ length: 12 }, (_, item) => item);
    expect(ndcg(twelve, new Set(Array.from({ length: 40 }, (_, item) => item)))).toBeCloseTo(1, 12);
  });
});
