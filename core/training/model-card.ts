/** What a person should know of a model, beside it: what it learnt from, how good it is, what it is not for. */
import type { TrainingData } from './fit.ts';
import type { Verdict } from './gate.ts';
import { timeRange } from './interactions.ts';
import type { EvaluationReport } from './report.ts';

export const MODEL_CARD_FILE = 'model-card.md';

/** Markdown, after Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019). */
export function modelCard(
  report: EvaluationReport,
  verdict: Verdict,
  { interactions }: Pick<TrainingData, 'interactions'>,
): string {
  const { candidate, popularity, trending, beyond, tuning, rankingSize } = report;
  const range = timeRange(interactions);
  const row = (name: string, { all, fresh }: EvaluationReport['candidate']) =>
    `| ${name} | ${figure(all)} | ${all.hit.toFixed(3)} | ${figure(fresh)} | ${fresh.hit.toFixed(3)} |`;
  return `# Model ${report.candidateId}

${verdict.promoted ? 'Promoted' : 'Rejected'}: ${verdict.reasons.join('; ')}.

## What it is

Time-aware item–item similarity with popular and trending items beside it; items that nobody has met stand behind
those whose words in the catalogue are most like theirs. It ranks a shop's items for one customer
from the customer's latest behaviour; nothing is stored per customer. Its scores order the items of one customer and
are no probabilities.

## What it learnt from

- Snapshot ${report.snapshotId}: ${interactions.items.length} interactions of ${interactions.customerCount} customers with ${interactions.itemCount} items
- ${range === undefined ? 'no time range' : `from ${isoTime(range.oldestS)} to ${isoTime(range.newestS)}`}
- Figures below are of a fit without the period from ${report.holdout.from} on (${report.holdout.days} days); the published model is the same fit on everything

## How good it is

| ranking | NDCG@${rankingSize}, all items | hit rate | NDCG@${rankingSize}, new items | hit rate |
| --- | --- | --- | --- | --- |
${row('this model', candidate)}
${row('popularity', popularity)}
${row('trending', trending)}
${report.current === undefined ? '' : `${row(`current model ${report.current.id}`, report.current.accuracy)}\n`}
${candidate.all.customers} customers were judged. In brackets: 95 % intervals by bootstrap over customers.

It shows ${(100 * beyond.candidate.coverage).toFixed(1)} % of the items to somebody (Gini ${beyond.candidate.gini.toFixed(3)}, novelty ${beyond.candidate.noveltyBits.toFixed(2)} bits) and leaves ${(100 * beyond.candidate.rungs.popular).toFixed(1)} % of the places to popularity.

## How it was tuned

${tuning.trials.length} trials on ${tuning.customers} customers of the validation period before the held-out one, seed ${tuning.seed}:

${Object.entries(report.parameters)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}

## What it is not for

- Customers of whom nothing is known are served by the placement's next rungs, and so are items without a word in common with others.
- What it has learnt is what was shown and bought; it says nothing of why.
`;
}

function figure({ ndcg, ndcgInterval }: EvaluationReport['candidate']['all']): string {
  return `${ndcg.toFixed(3)} (${ndcgInterval.lower.toFixed(3)} to ${ndcgInterval.upper.toFixed(3)})`;
}

function isoTime(timeS: number): string {
  return new Date(timeS * 1000).toISOString();
}
