import type { AuditReport, ExpectationResult, Verdict } from '../audit-report.ts';
import { counted } from '../title-of.ts';
import { escaped } from './markup.ts';
import { selfContainedPage } from './self-contained-page.ts';
import { sparkline, trendPlot } from './trend-plot.ts';

/**
 * An audit as one page that holds all of itself: no script, no font, no picture from elsewhere, so that it
 * can be mailed, kept for years and opened anywhere. What isn't as expected comes first, opened.
 */
export function reportPage(report: AuditReport): string {
  const results = report.results.toSorted((a, b) => urgency(b) - urgency(a));
  return selfContainedPage({
    title: `${report.title}: ${verdictWords[report.verdict].short}`,
    head: head(report),
    main: `${overview(results)}
<h2>In detail</h2>
${results.map(detail).join('\n')}`,
    footer: `<p>Samples are shown with personal data masked. Counts are of all rows. Suite ${escaped(report.suiteId)}, version ${report.suiteVersion}; report form ${report.reportVersion}.</p>`,
  });
}

interface Words {
  readonly short: string;
  readonly long: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'dull';
}

const verdictWords: Readonly<Record<Verdict, Words>> = {
  passed: { short: 'passed', long: 'Everything is as expected.', tone: 'good' },
  warn: { short: 'warn', long: 'Something is worth a look; nothing is held back.', tone: 'warn' },
  quarantine: {
    short: 'quarantine',
    long: 'Some rows should not be built on: leave them out.',
    tone: 'warn',
  },
  stop: {
    short: 'stop',
    long: 'Nothing should be built on this data until it is mended.',
    tone: 'bad',
  },
};

function head(report: AuditReport): string {
  const words = verdictWords[report.verdict];
  const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
  const facts = [
    ['Data', report.data],
    ['Data set', report.dataset],
    ...(report.day === undefined ? [] : [['Day', report.day]]),
    ['Rows', counted(report.rowCount)],
    [
      'Checked',
      `${report.startedAt.slice(0, 16).replace('T', ' ')} UTC, in ${seconds.toFixed(1)} s`,
    ],
  ];
  const items = facts.map(
    ([name = '', value = '']) => `<li>${escaped(name)} <b>${escaped(value)}</b></li>`,
  );
  return `<header>
<h1>${escaped(report.title)}</h1>
${report.description === '' ? '' : `<p class="soft">${escaped(report.description)}</p>`}
<ul class="facts">${items.join('')}</ul>
<p class="verdict ${words.tone}"><strong>${escaped(words.short)}</strong><span>${escaped(words.long)} ${escaped(tally(report.results))}</span></p>
</header>`;
}

function tally(results: readonly ExpectationResult[]): string {
  const names = {
    unmet: 'unmet',
    failed: 'could not be checked',
    undecided: 'undecided',
    met: 'met',
  };
  const parts = Object.entries(names).flatMap(([status, name]) => {
    const count = results.filter((result) => result.status === status).length;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return `Of ${results.length} expectations: ${parts.join(', ')}.`;
}

function overview(results: readonly ExpectationResult[]): string {
  const rows = results.map((result) => {
    const [series] = result.series;
    const spark = series === undefined ? '' : sparkline(series);
    return `<tr><td>${statusMark(result)}</td><th scope="row"><a href="#${escaped(result.id)}">${escaped(result.title)}</a></th><td>${escaped(result.severity)}</td><td class="number">${unexpectedText(result)}</td><td class="number">${checkedText(result)}</td><td>${spark}</td></tr>`;
  });
  return `<h2 id="overview">What was checked</h2>
<div class="scroll" role="region" aria-labelledby="overview" tabindex="0"><table>
<thead><tr><th scope="col">Result</th><th scope="col">Expectation</th><th scope="col">If not</th><th scope="col" class="number">Unexpected</th><th scope="col" class="number">of</th><th scope="col">Day by day</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>`;
}

function detail(result: ExpectationResult): string {
  const isBroken = result.status === 'unmet' || result.status === 'failed';
  const facts = [
    ['Expected', result.allowed],
    ['If not', severityWords[result.severity]],
    ['Kind', result.kind],
    ...(result.columns.length === 0 ? [] : [['Columns', result.columns.join(', ')]]),
  ];
  const list = facts.map(
    ([name = '', value = '']) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`,
  );
  return `<details id="${escaped(result.id)}"${isBroken ? ' open' : ''}>
<summary>${statusMark(result)} <h3>${escaped(result.title)}</h3><span class="found">${escaped(result.message)}</span></summary>
<dl>${list.join('')}</dl>
${samples(result)}${plots(result)}${queries(result)}
</details>`;
}

const severityWords = {
  warn: 'warn: people are told',
  quarantine: 'quarantine: such rows are left out',
  stop: 'stop: nothing is built on this data',
} as const;

function samples({ samples: rows, unexpectedCount, counting }: ExpectationResult): string {
  const [first] = rows;
  if (first === undefined) return '';
  const names = Object.keys(first);
  const cells = rows.map((row) => `<tr>${names.map((name) => cell(row[name])).join('')}</tr>`);
  const columns = names.map((name) => `<th scope="col">${escaped(name)}</th>`);
  return `<div class="scroll" role="region" aria-label="Samples" tabindex="0"><table>
<caption class="soft">${rows.length} of ${counted(unexpectedCount)} ${counting}</caption>
<thead><tr>${columns.join('')}</tr></thead><tbody>${cells.join('')}</tbody></table></div>
`;
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '<td class="empty">empty</td>';
  return `<td>${escaped(String(value))}</td>`;
}

function plots(result: ExpectationResult): string {
  const isShare = result.unit === 'share' || /missingShare/.test(result.kind);
  return result.series
    .map((series) => {
      const name = series.label === '' ? measureName(result) : series.label;
      const svg = trendPlot(series, name, isShare);
      if (svg === '') return '';
      const band =
        series.band === undefined
          ? ''
          : ' The bar is what is usual for the weekday; circles are the same weekdays before.';
      return `<figure><figcaption>${escaped(name)}, day by day.${band}</figcaption>${svg}</figure>\n`;
    })
    .join('');
}

function measureName({ unit, counting }: ExpectationResult): string {
  if (unit === 'share') return `Share of unexpected ${counting}`;
  return { rows: 'Rows', hours: 'Age in hours', distance: 'Distance', z: 'The measure' }[unit];
}

function queries({ sql, sampleSql }: ExpectationResult): string {
  if (sql === '') return '';
  const rows = sampleSql === '' ? '' : `;\n\n-- the rows above\n${sampleSql}`;
  return `<pre tabindex="0" aria-label="The query, in SQL">${escaped(sql + rows)};</pre>`;
}

function statusMark({ status, severity }: ExpectationResult): string {
  const tone = {
    met: 'good',
    unmet: severity === 'stop' ? 'bad' : 'warn',
    failed: 'bad',
    undecided: 'dull',
  };
  return `<span class="mark ${tone[status]}">${status}</span>`;
}

function unexpectedText({ status, counting, unexpectedCount }: ExpectationResult): string {
  if (status === 'failed' || status === 'undecided' || counting === 'dataset') return '–';
  return counted(unexpectedCount);
}

function checkedText({ status, counting, checkedCount }: ExpectationResult): string {
  if (status === 'failed' || status === 'undecided' || counting === 'dataset') return '';
  return escaped(`${counted(checkedCount)} ${counting}`);
}

/** What is broken first, the gravest before the others; then what could not be said. */
function urgency({ status, severity }: ExpectationResult): number {
  const bySeverity = { warn: 1, quarantine: 2, stop: 3 }[severity];
  return (
    { unmet: 10, failed: 10, undecided: 5, met: 0 }[status] + (status === 'met' ? 0 : bySeverity)
  );
}
