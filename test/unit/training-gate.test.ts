import { describe, expect, it } from 'vitest';
import type { Interval } from '../../core/training/bootstrap.ts';
import { decide } from '../../core/training/gate.ts';
import type { EvaluationReport } from '../../core/training/report.ts';
import { plainParameters } from '../training/training-data.ts';

const better: Interval = { mean: 0.05, lower: 0.02, upper: 0.08 };
const unclear: Interval = { mean: 0.01, lower: -0.02, upper: 0.04 };
const worse: Interval = { mean: -0.05, lower: -0.08, upper: -0.02 };

interface Situation {
  readonly customers?: number;
  readonly all?: Interval;
  readonly fresh?: Interval;
  readonly versusCurrent?: { all: Interval; fresh: Interval };
  readonly versusTrending?: { all: Interval; fresh: Interval };
  readonly overlap?: number;
  readonly fallbackShare?: number;
  readonly itemsRecommended?: number;
  readonly itemsWithNeighbours?: number;
}

function report(situation: Situation = {}): EvaluationReport {
  const customers = situation.customers ?? 500;
  const figures = {
    ndcg: 0.2,
    hit: 0.5,
    recall: 0.3,
    mrr: 0.25,
    ndcgInterval: { mean: 0.2, lower: 0.18, upper: 0.22 },
    customers,
  };
  const beyond = {
    coverage: 0.4,
    gini: 0.7,
    noveltyBits: 5,
    rungs: {
      personal: 1 - (situation.fallbackShare ?? 0.1),
      popular: situation.fallbackShare ?? 0.1,
    },
  };
  const accuracy = { all: figures, fresh: figures };
  return {
    formatVersion: 2,
    candidateId: 'candidate',
    snapshotId: 'snapshot',
    holdout: { days: 30, from: '2026-10-01T00:00:00Z', until: '2026-10-31T00:00:00Z' },
    rankingSize: 12,
    parameters: plainParameters,
    candidate: accuracy,
    popularity: accuracy,
    versusPopularity: { all: situation.all ?? better, fresh: situation.fresh ?? better },
    ...(situation.versusCurrent && {
      current: {
        id: 'current',
        accuracy,
        versusCurrent: situation.versusCurrent,
        overlap: situation.overlap ?? 0.6,
      },
    }),
    trending: accuracy,
    versusTrending: situation.versusTrending ?? { all: better, fresh: better },
    segments: [],
    beyond: { candidate: beyond, popularity: beyond },
    coverage: {
      items: 1000,
      itemsWithNeighbours: situation.itemsWithNeighbours ?? 900,
      itemsRecommended: situation.itemsRecommended ?? 400,
    },
    tuning: { customers, seed: 1, trials: [] },
  };
}

const verdictOn = (situation: Situation) => decide(report(situation));

describe('the gate', () => {
  it('promotes what beats popularity beyond chance', () => {
    expect(verdictOn({})).toMatchObject({ promoted: true });
  });

  it('rejects what may be no better than popularity', () => {
    const verdict = verdictOn({ all: unclear });
    expect(verdict.promoted).toBe(false);
    expect(verdict.reasons.join()).toContain('not better than popularity beyond chance');
    expect(verdict.reasons.join()).toContain('−0.0200 to +0.0400');
  });

  it('rejects what may be no better than trending, though it beats popularity', () => {
    const verdict = verdictOn({ versusTrending: { all: unclear, fresh: better } });
    expect(verdict.promoted).toBe(false);
    expect(verdict.reasons.join()).toContain('not better than trending beyond chance');
  });

  it('rejects what leaves most places to popularity', () => {
    const verdict = verdictOn({ fallbackShare: 0.8 });
    expect(verdict.promoted).toBe(false);
    expect(verdict.reasons.join()).toContain('popularity has to fill 80 % of the places');
  });

  it('rejects what shows nearly nobody what the current model showed', () => {
    const versusCurrent = { all: better, fresh: better };
    const verdict = verdictOn({ versusCurrent, overlap: 0.01 });
    expect(verdict.promoted).toBe(false);
    expect(verdict.reasons.join()).toContain('drifted from the current model');
    expect(verdictOn({ versusCurrent, overlap: 0.5 })).toMatchObject({ promoted: true });
  });

  it('rejects a lower bound of exactly nothing', () => {
    expect(verdictOn({ all: { mean: 0, lower: 0, upper: 0 } }).promoted).toBe(false);
  });

  it('rejects what may be worse on items new to the customer', () => {
    const verdict = verdictOn({ fresh: unclear });
    expect(verdict.reasons).toEqual([expect.stringContaining('new to the customer')]);
    expect(verdictOn({ fresh: { mean: 0, lower: -0.009, upper: 0.01 } }).promoted).toBe(true);
  });

  it('rejects what is worse than the current model beyond chance, and only that', () => {
    const verdict = verdictOn({ versusCurrent: { all: better, fresh: worse } });
    expect(verdict.reasons).toEqual([expect.stringContaining('current model current')]);
    expect(verdictOn({ versusCurrent: { all: unclear, fresh: unclear } }).promoted).toBe(true);
  });

  it('rejects rankings that are the same for everybody', () => {
    const verdict = verdictOn({ itemsRecommended: 12 });
    expect(verdict.reasons).toEqual([expect.stringContaining('12 distinct items')]);
  });

  it('rejects a model in which hardly any item has a neighbour', () => {
    expect(verdictOn({ itemsWithNeighbours: 3 }).promoted).toBe(false);
  });

  it('names every reason at once', () => {
    expect(verdictOn({ all: worse, fresh: worse, itemsRecommended: 1 }).reasons).toHaveLength(3);
  });

  it('rejects a successor for lack of evidence', () => {
    const verdict = verdictOn({ customers: 49, versusCurrent: { all: better, fresh: better } });
    expect(verdict).toEqual({
      promoted: false,
      reasons: [expect.stringContaining('not enough evidence: 49')],
    });
  });

  it('takes a first model on little evidence that does not speak against it', () => {
    expect(verdictOn({ customers: 49, all: unclear, fresh: unclear }).promoted).toBe(true);
    expect(verdictOn({ customers: 49, all: worse }).promoted).toBe(false);
    expect(verdictOn({ customers: 49, fresh: worse }).promoted).toBe(false);
  });

  it('takes no first model on no evidence', () => {
    expect(verdictOn({ customers: 0 }).reasons).toEqual([expect.stringContaining('0 customers')]);
  });

  it('lets no figure that is not a number through', () => {
    const none = { mean: Number.NaN, lower: Number.NaN, upper: Number.NaN };
    expect(verdictOn({ all: none }).promoted).toBe(false);
    expect(verdictOn({ fresh: none }).promoted).toBe(false);
    expect(verdictOn({ customers: 5, all: none }).promoted).toBe(false);
  });
});
