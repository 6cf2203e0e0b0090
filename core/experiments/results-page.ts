import { figureTable, numberCells } from '../quality/report/figure-table.ts';
import { escaped } from '../quality/report/markup.ts';
import { selfContainedPage } from '../quality/report/self-contained-page.ts';
import { type Bar, barPlot } from '../training/report-page/plots.ts';
import { coursePlot } from './course-plot.ts';
import type { Interval } from './interval.ts';
import type { Arm, Comparison, ExperimentResults, OutcomeResult } from './results.ts';

const verdictClasses = {
  better: 'good',
  worse: 'bad',
  mismatch: 'bad',
  undecided: 'dull',
  'too early': 'dull',
} as const;

/** An experiment's results as one page that holds all of itself. */
export function resultsPage(results: ExperimentResults): string {
  return selfContainedPage({
    title: `Experiment ${results.experimentId}: ${results.verdict}`,
    head: head(results),
    main: [
      exposureSection(results),
      courseSection(results),
      ...results.outcomes.map((outcome) => outcomeSection(outcome, results)),
      asideSection(results),
    ].join('\n'),
    footer: `<p>A mail counts once it was delivered, whatever became of it, and once its window is over. Intervals of shares are of 95 %; those of uplifts of ${percent(1 - results.alpha)}. Form ${results.formatVersion}, analysed ${escaped(results.analysedAt)}.</p>`,
  });
}

function head(results: ExperimentResults): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Placement', results.placement],
    ['Status', results.status],
    ['Version', String(results.experimentVersion)],
    ['Mails from', results.from.slice(0, 10)],
    ['Until', results.until.slice(0, 10)],
  ];
  const items = facts.map(([name, value]) => `<li>${name} <b>${escaped(value)}</b></li>`);
  const description =
    results.description === undefined ? '' : `<p class="soft">${escaped(results.description)}</p>`;
  return `<header>
<h1>Experiment ${escaped(results.experimentId)}</h1>
${description}
<ul class="facts">${items.join('')}</ul>
<p class="verdict ${verdictClasses[results.verdict]}"><strong>${results.verdict}</strong><span>${escaped(results.reason)}</span></p>
</header>`;
}

function exposureSection({ exposures, sampleRatio }: ExperimentResults): string {
  const rows = exposures.map(
    ({ variant, weight, customers, mails }) =>
      `<tr><th scope="row">${escaped(variant)}</th>${numberCells([percent(weight), counted(customers), counted(mails)])}</tr>`,
  );
  const ratio =
    sampleRatio === undefined
      ? 'Nobody has been exposed yet.'
      : `Sample ratio: χ² ${sampleRatio.chiSquare.toFixed(2)}, p ${shortP(sampleRatio.pValue)}${sampleRatio.isMismatch ? '. The shares are not those of the document.' : ', as it should be.'}`;
  return `<h2 id="exposures">Who got what</h2>
${figureTable('exposures', ['Variant', 'Share', 'Customers', 'Mails'], rows)}
<p class="soft">${escaped(ratio)}</p>`;
}

function courseSection({ course, outcomes }: ExperimentResults): string {
  const primary = outcomes.find(({ isPrimary }) => isPrimary);
  const figures = course.flatMap(({ variant, points }) => {
    const plot = coursePlot(points, signedPercent);
    return plot === ''
      ? []
      : [`<figure><figcaption>${escaped(variant)} beside the control</figcaption>${plot}</figure>`];
  });
  const body =
    figures.length > 0 ? figures.join('\n') : '<p class="empty">Too early for a course.</p>';
  return `<h2 id="course">Uplift over days: ${escaped(primary === undefined ? '' : nameOf(primary))}</h2>
<p class="soft">The band holds on every day at once, so that it may be looked at every day.</p>
${body}`;
}

function outcomeSection(result: OutcomeResult, { currency }: ExperimentResults): string {
  const id = `${result.outcome}-${result.windowDays}`;
  const text = (value: number) =>
    result.isMoney ? `${value.toFixed(3)} ${currency ?? ''}`.trim() : percent(value);
  const rows = result.arms.map(
    (arm) =>
      `<tr><th scope="row">${escaped(arm.variant)}</th>${numberCells([counted(arm.customers), counted(arm.mails), counted(arm.outcomes), text(arm.value), shownInterval(arm.interval, text)])}</tr>`,
  );
  const bars = result.arms
    .filter(hasInterval)
    .map(({ variant, value, interval }): Bar => ({ label: variant, value, ...interval }));
  const plot = bars.length > 0 ? `<figure>${barPlot(bars, text)}</figure>` : '';
  return `<h2 id="${id}">${escaped(nameOf(result))}${result.isPrimary ? ' <span class="mark good">primary</span>' : ''}</h2>
${plot}
${figureTable(id, ['Variant', 'Customers', result.outcome === 'click-to-open' ? 'Opened mails' : 'Mails', result.isMoney ? 'Customers with some' : 'Of them so', result.isMoney ? 'Per mail' : 'Share', '95 %'], rows)}
${comparisonTable(id, 'Beside the control', result.comparisons, text)}
${result.againstHoldout === undefined ? '' : comparisonTable(id, 'Beside the hold-out', [result.againstHoldout], text)}`;
}

function comparisonTable(
  id: string,
  caption: string,
  comparisons: readonly Comparison[],
  text: (value: number) => string,
): string {
  const rows = comparisons.map((one) => {
    const { adjusted } = one;
    const found = [
      one.uplift === undefined ? '–' : signedPercent(one.uplift),
      shownInterval(one.sequential, signedPercent),
      shownInterval(one.fixed, signedPercent),
      adjusted === undefined
        ? '–'
        : `${signedPercent(adjusted.uplift)} (${shownInterval(adjusted.sequential, signedPercent)}; ${percent(adjusted.varianceReduction)} less variance)`,
      one.chanceToBeat === undefined ? '–' : percent(one.chanceToBeat),
      one.expectedLoss === undefined ? '–' : text(one.expectedLoss),
      one.detectableUplift === undefined ? '–' : signedPercent(one.detectableUplift),
      one.daysToGo === undefined ? '–' : counted(one.daysToGo),
    ];
    return `<tr><th scope="row">${escaped(one.variant)}</th>${numberCells(found)}</tr>`;
  });
  const names = [
    ...[caption, 'Uplift', 'At every look', 'At one look', 'Adjusted (CUPED)'],
    ...['Chance to beat', 'Expected loss', 'Detectable', 'Days to go'],
  ];
  return figureTable(id, names, rows);
}

function asideSection({ asides }: ExperimentResults): string {
  const list = [
    [
      'Customers for whom blocks were fetched and no mail was delivered: not counted',
      asides.servedOnly,
    ],
    ['Customers with mails of two variants: counted in that of their first', asides.mixed],
    ['Orders in another currency: counted, their revenue not', asides.otherCurrencyOrders],
  ] as const;
  const rows = list.map(([name, count]) => `<dt>${escaped(name)}</dt><dd>${counted(count)}</dd>`);
  return `<h2 id="asides">Beside the figures</h2><dl>${rows.join('')}</dl>`;
}

function nameOf({ outcome, windowDays }: OutcomeResult): string {
  return `${outcome} within ${windowDays} ${windowDays === 1 ? 'day' : 'days'}`;
}

function hasInterval(arm: Arm): arm is Arm & { readonly interval: Interval } {
  return arm.interval !== undefined;
}

function shownInterval(interval: Interval | undefined, text: (value: number) => string): string {
  return interval === undefined ? '–' : `${text(interval.lower)} to ${text(interval.upper)}`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

function signedPercent(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)} %`;
}

function shortP(value: number): string {
  return value < 0.0001 ? '< 0.0001' : value.toFixed(4);
}

function counted(count: number): string {
  return count.toLocaleString('en');
}
