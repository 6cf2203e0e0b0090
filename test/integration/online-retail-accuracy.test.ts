import { afterAll, expect, it } from 'vitest';
import { TRAINING_SEED } from '../../core/training/candidate.ts';
import { decide } from '../../core/training/gate.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { parametersAtStart, tune } from '../../core/training/tune.ts';
import { heldOut, judgedCandidate } from '../../examples/judged-candidate.ts';
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
    const split = heldOut(data, 30);
    const tuning = await tune(threads, data, split, TRAINING_SEED);
    const { report } = await judgedCandidate({ threads, data, split, tuning });

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
    const split = heldOut(data, 30);
    const parameters = {
      ...parametersAtStart,
      targetHalfLifeDays: WITHOUT_DECAY_DAYS,
      historyHalfLifeDays: WITHOUT_DECAY_DAYS,
      popularityExponent: 0,
    };
    const tuning = { parameters, trials: [], customers: 0 };
    const { report } = await judgedCandidate({ threads, data, split, tuning });
    expect(report.candidate.fresh.ndcg).toBeLessThan(report.popularity.fresh.ndcg);
    const verdict = decide(report);
    expect(verdict.promoted).toBe(false);
    expect(verdict.reasons.join()).toContain('may be worse than popularity on items new');
  },
);
