import { afterAll, expect, it } from 'vitest';
import { evaluateCandidate, fitBeforeTest, TRAINING_SEED } from '../../core/training/candidate.ts';
import { fitModel } from '../../core/training/fit.ts';
import { decide } from '../../core/training/gate.ts';
import { timeRange } from '../../core/training/interactions.ts';
import { splitByTime } from '../../core/training/split.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { parametersAtStart, tune } from '../../core/training/tune.ts';
import { readOnlineRetail } from '../../examples/online-retail-orders.ts';

const data = await readOnlineRetail();
if (data === undefined) console.log('skipped: ../shared/data/online-retail is absent');

const threads = openTrainingThreads();
afterAll(() => threads.close());

/** So long a half-life that nothing decays. */
const WITHOUT_DECAY_DAYS = 1e9;

it.skipIf(data === undefined)(
  'on real orders the model, tuned without the last month, beats popularity on all and on new items',
  async () => {
    if (data === undefined) return;
    const outcome = splitByTime(timeRange(data.interactions) ?? { oldestS: 0, newestS: 0 }, 30);
    if (!outcome.ok) throw new Error(outcome.reason);
    const { split } = outcome;
    const tuning = await tune(threads, data, split, TRAINING_SEED);
    const candidate = await fitModel(threads, 'c', fitBeforeTest(data, split), tuning.parameters);
    const report = await evaluateCandidate({
      threads,
      snapshotId: 's',
      data,
      split,
      candidate,
      tuning,
    });

    // The published figures of the baseline: they fix the protocol.
    expect(report.popularity.all.customers).toBe(1379);
    expect(report.popularity.fresh.customers).toBe(1277);
    expect(report.popularity.all.ndcg).toBeCloseTo(0.146, 3);
    expect(report.popularity.fresh.ndcg).toBeCloseTo(0.091, 3);

    expect(report.candidate.all.ndcg).toBeGreaterThan(0.35);
    expect(report.candidate.fresh.ndcg).toBeGreaterThan(0.13);
    expect(decide(report)).toMatchObject({ promoted: true });
  },
);

it.skipIf(data === undefined)(
  'on real orders a model that ignores recency loses to decayed popularity and is not promoted',
  async () => {
    if (data === undefined) return;
    const outcome = splitByTime(timeRange(data.interactions) ?? { oldestS: 0, newestS: 0 }, 30);
    if (!outcome.ok) throw new Error(outcome.reason);
    const { split } = outcome;
    const parameters = {
      ...parametersAtStart,
      targetHalfLifeDays: WITHOUT_DECAY_DAYS,
      historyHalfLifeDays: WITHOUT_DECAY_DAYS,
      popularityExponent: 0,
    };
    const candidate = await fitModel(threads, 'c', fitBeforeTest(data, split), parameters);
    const tuning = { parameters, trials: [], customers: 0 };
    const report = await evaluateCandidate({
      threads,
      snapshotId: 's',
      data,
      split,
      candidate,
      tuning,
    });
    expect(report.candidate.fresh.ndcg).toBeLessThan(report.popularity.fresh.ndcg);
    const verdict = decide(report);
    expect(verdict.promoted).toBe(false);
    expect(verdict.reasons.join()).toContain('may be worse than popularity on items new');
  },
);
