import { afterAll, describe, expect, it } from 'vitest';
import { evaluateCandidate, fitBeforeTest, TRAINING_SEED } from '../../core/training/candidate.ts';
import { fitModel } from '../../core/training/fit.ts';
import { decide } from '../../core/training/gate.ts';
import { modelCard } from '../../core/training/model-card.ts';
import { evaluationReport } from '../../core/training/report.ts';
import { evaluationPage } from '../../core/training/report-page/evaluation-page.ts';
import { openTrainingThreads } from '../../core/training/training-threads.ts';
import { parametersAtStart } from '../../core/training/tune.ts';
import { heldOut } from '../../examples/judged-candidate.ts';
import { checkerboard } from '../training/training-data.ts';

const data = checkerboard({ customers: 80, items: 60, days: 40, seed: 7 });
const split = heldOut(data);
const threads = openTrainingThreads(1);
afterAll(() => threads.close());
const candidate = await fitModel(threads, '<c>', fitBeforeTest(data, split), parametersAtStart);
const report = await evaluateCandidate({
  threads,
  snapshotId: 's',
  data,
  split,
  candidate,
  tuning: { parameters: parametersAtStart, trials: [], customers: 0 },
  current: { id: 'before', parameters: parametersAtStart },
});

describe('an evaluation', () => {
  it('is of the form that is read again', () => {
    expect(evaluationReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('judges every customer in one segment, with the mean over the segments that of all', () => {
    const customers = report.segments.reduce((sum, part) => sum + part.candidate.customers, 0);
    expect(customers).toBe(report.candidate.all.customers);
    const weighted = report.segments.reduce(
      (sum, part) => sum + part.candidate.ndcg * part.candidate.customers,
      0,
    );
    expect(weighted / customers).toBeCloseTo(report.candidate.all.ndcg, 10);
  });

  it('has its mean within its interval, and its shares sum to one', () => {
    const { ndcg, ndcgInterval, hit, recall, mrr } = report.candidate.all;
    expect(ndcgInterval.lower).toBeLessThan(ndcg);
    expect(ndcgInterval.upper).toBeGreaterThan(ndcg);
    expect(recall).toBeLessThanOrEqual(hit);
    expect(mrr).toBeLessThanOrEqual(hit);
    const { rungs, coverage, gini } = report.beyond.candidate;
    expect(rungs.personal + rungs.popular).toBeCloseTo(1, 12);
    expect(coverage).toBeGreaterThan(report.beyond.popularity.coverage);
    expect(gini).toBeLessThan(report.beyond.popularity.gini);
  });

  it('finds the same parameters to show the same items', () => {
    expect(report.current?.overlap).toBe(1);
  });

  it('is a page without scripts, from which nothing is fetched, with names made safe', () => {
    const page = evaluationPage(report, decide(report));
    expect(page).toContain('Model &lt;c&gt;');
    expect(page).not.toMatch(/<script|<c>|https?:\/\//);
    expect(page).not.toContain('NaN');
    expect(page).toContain('trending');
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('is told in a card of what was learnt from', () => {
    const card = modelCard(report, decide(report), data);
    expect(card).toContain(`${data.interactions.items.length} interactions of 80 customers`);
    expect(card).toContain('| popularity |');
    expect(card).not.toContain('NaN');
    expect(TRAINING_SEED).toBe(report.tuning.seed);
  });
});
