import { expect, it } from 'vitest';
import { evaluateCandidate, fitBeforeTest, TRAINING_SEED } from '../../core/training/candidate.ts';
import { fitModel } from '../../core/training/fit.ts';
import { decide } from '../../core/training/gate.ts';
import { timeRange } from '../../core/training/interactions.ts';
import { splitByTime } from '../../core/training/split.ts';
import { tune } from '../../core/training/tune.ts';
import { readOnlineRetail } from '../../examples/online-retail-orders.ts';

const data = await readOnlineRetail();
if (data === undefined) console.log('skipped: ../shared/data/online-retail is absent');

it.skipIf(data === undefined)(
  'on real orders the model, tuned without the last month, beats popularity on all and on new items',
  () => {
    if (data === undefined) return;
    const outcome = splitByTime(timeRange(data.interactions) ?? { oldestS: 0, newestS: 0 }, 30);
    if (!outcome.ok) throw new Error(outcome.reason);
    const { split } = outcome;
    const tuning = tune(data, split, TRAINING_SEED);
    const candidate = fitModel('c', fitBeforeTest(data, split), tuning.parameters);
    const report = evaluateCandidate({ snapshotId: 's', data, split, candidate, tuning });

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
