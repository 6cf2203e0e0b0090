import { figureTable, numberCells } from '../../quality/report/figure-table.ts';
import { escaped } from '../../quality/report/markup.ts';
import { selfContainedPage } from '../../quality/report/self-contained-page.ts';
import type { Accuracy } from '../evaluation.ts';
import type { Verdict } from '../gate.ts';
import type { EvaluationReport } from '../report.ts';
import { type Bar, barPlot, pointPlot } from './plots.ts';

/** Beside report.json. */
export const REPORT_PAGE_FILE = 'report.html';

/**
 * An evaluation as one page that holds all of itself: no script, no font, no picture from elsewhere, so that it can
 * be mailed, kept for years and opened anywhere.
 */
export function evaluationPage(report: EvaluationReport, verdict: Verdict): string {
  return selfContainedPage({
    title: `Model ${report.candidateId}: ${verdictWord(verdict)}`,
    head: head(report, verdict),
    main: `${accuracySection(report)}
${differenceSection(report)}
${segmentSection(report)}
${beyondSection(report)}
${tuningSection(report)}`,
    footer: `<p>A customer counts once; intervals are of 95 %, by bootstrap over customers. Snapshot ${escaped(report.snapshotId)}, seed ${report.tuning.seed}; report form ${report.formatVersion}.</p>`,
  });
}

function verdictWord({ promoted }: Verdict): string {
  return promoted ? 'promoted' : 'rejected';
}

function head(report: EvaluationReport, verdict: Verdict): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Held out', `${day(report.holdout.from)} to ${day(report.holdout.until)}`],
    ['Customers judged', counted(report.candidate.all.customers)],
    ['Items', counted(report.coverage.items)],
    ['Places of a ranking', String(report.rankingSize)],
  ];
  const items = facts.map(([name, value]) => `<li>${name} <b>${escaped(value)}</b></li>`);
  return `<header>
<h1>Model ${escaped(report.candidateId)}</h1>
<p class="soft">Learnt from what came before the held-out period; judged on what customers bought in it.</p>
<ul class="facts">${items.join('')}</ul>
<p class="verdict ${verdict.promoted ? 'good' : 'bad'}"><strong>${verdictWord(verdict)}</strong><span>${escaped(verdict.reasons.join('; '))}</span></p>
</header>`;
}

const questions = [
  ['all', 'All items'],
  ['fresh', 'Items new to the customer'],
] as const;

function rankingsOf(report: EvaluationReport) {
  return [
    ['this model', report.candidate],
    ...(report.current === undefined ? [] : [['current model', report.current.accuracy] as const]),
    ['popularity', report.popularity],
    ['trending', report.trending],
  ] as const;
}

function accuracySection(report: EvaluationReport): string {
  return questions
    .map(([question, title]) => {
      const rankings = rankingsOf(report).map(
        ([name, figures]) => [name, figures[question]] as const,
      );
      const rows = rankings.map(
        ([name, figures]) => `<tr><th scope="row">${name}</th>${figureCells(figures)}</tr>`,
      );
      const bars = rankings.map(
        ([label, { ndcg, ndcgInterval }]): Bar => ({ label, value: ndcg, ...bounds(ndcgInterval) }),
      );
      return `<h2 id="${question}">${title}</h2>
<figure><figcaption>NDCG@${report.rankingSize} with its interval</figcaption>${barPlot(bars, threeDigits)}</figure>
${figureTable(question, ['', ...figureNames(report), 'Customers'], rows)}`;
    })
    .join('\n');
}

function figureNames({ rankingSize }: EvaluationReport): string[] {
  return ['NDCG', 'Interval', 'Hit rate', 'Recall', 'MRR'].map((name) =>
    name === 'Interval' ? name : `${name}@${rankingSize}`,
  );
}

function figureCells({ ndcg, ndcgInterval, hit, recall, mrr, customers }: Accuracy): string {
  const interval = `${threeDigits(ndcgInterval.lower)} to ${threeDigits(ndcgInterval.upper)}`;
  const cells = [threeDigits(ndcg), interval, ...[hit, recall, mrr].map(threeDigits)];
  return numberCells([...cells, counted(customers)]);
}

function differenceSection(report: EvaluationReport): string {
  const others = [
    ['popularity', report.versusPopularity],
    ['trending', report.versusTrending],
    ...(report.current === undefined
      ? []
      : [['current model', report.current.versusCurrent] as const]),
  ] as const;
  const bars = others.flatMap(([name, comparison]) =>
    questions.map(
      ([question, title]): Bar => ({
        label: `${name}, ${title.toLowerCase()}`,
        value: comparison[question].mean,
        ...bounds(comparison[question]),
      }),
    ),
  );
  return `<h2 id="differences">What it gains over others</h2>
<p class="soft">Mean difference of NDCG@${report.rankingSize}, customer by customer. An interval right of nothing is beyond chance.</p>
<figure>${barPlot(bars, signed)}</figure>`;
}

function segmentSection({ segments, rankingSize }: EvaluationReport): string {
  if (segments.length === 0) return '';
  const rows = segments.map(
    ({ name, candidate, popularity }) =>
      `<tr><th scope="row">${name}</th>${numberCells([threeDigits(candidate.ndcg), threeDigits(popularity.ndcg), threeDigits(candidate.hit), threeDigits(popularity.hit), counted(candidate.customers)])}</tr>`,
  );
  const names = [
    'Customers',
    `NDCG@${rankingSize}`,
    'of popularity',
    `Hit rate@${rankingSize}`,
    'of popularity',
    'How many',
  ];
  return `<h2 id="segments">By how much is known</h2>
<p class="soft">Cold customers had two items at most before, heavy ones more than twenty.</p>
${figureTable('segments', names, rows)}`;
}

function beyondSection({ beyond }: EvaluationReport): string {
  const parts = [
    ['this model', beyond.candidate],
    ...(beyond.current === undefined ? [] : [['current model', beyond.current] as const]),
    ['popularity', beyond.popularity],
  ] as const;
  const rows = parts.map(
    ([name, { coverage, gini, noveltyBits, rungs }]) =>
      `<tr><th scope="row">${name}</th>${numberCells([percent(coverage), threeDigits(gini), noveltyBits.toFixed(2), percent(rungs.personal), percent(rungs.popular)])}</tr>`,
  );
  const names = ['', 'Coverage', 'Gini', 'Novelty, bits', 'Places it fills', 'left to popularity'];
  return `<h2 id="beyond">What is shown</h2>
${figureTable('beyond', names, rows)}`;
}

function tuningSection({ tuning, parameters }: EvaluationReport): string {
  const points = tuning.trials.map(({ ndcgAll }) => ndcgAll);
  const plot =
    points.length < 2
      ? ''
      : `<figure><figcaption>NDCG over all items on the validation period, trial by trial</figcaption>${pointPlot(points, threeDigits)}</figure>`;
  const list = Object.entries(parameters).map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd>${value}</dd>`,
  );
  return `<h2 id="tuning">How it was tuned</h2>
<p class="soft">${tuning.trials.length} trials on ${counted(tuning.customers)} customers of the validation period, which ends where the held-out period begins.</p>
${plot}
<dl>${list.join('')}</dl>`;
}

function bounds({ lower, upper }: { lower: number; upper: number }) {
  return { lower, upper };
}

function threeDigits(value: number): string {
  return value.toFixed(3);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function counted(count: number): string {
  return count.toLocaleString('en');
}

function day(time: string): string {
  return time.slice(0, 'YYYY-MM-DD'.length);
}
