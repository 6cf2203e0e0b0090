import { describe, expect, it } from 'vitest';
import {
  AUDIT_REPORT_VERSION,
  type AuditReport,
  auditReport,
  type ExpectationResult,
  verdictOf,
} from '../../../core/quality/audit-report.ts';
import { reportPage } from '../../../core/quality/report/report-page.ts';

const days = Array.from({ length: 30 }, (_, index) => ({
  day: new Date(Date.UTC(2026, 9, 26) + index * 86_400_000).toISOString().slice(0, 10),
  value: 100 + (index % 7),
}));
const result: ExpectationResult = {
  id: 'price-positive',
  title: 'Prices are above 0',
  kind: 'range',
  columns: ['price'],
  severity: 'quarantine',
  status: 'unmet',
  counting: 'rows',
  checkedCount: 1234,
  unexpectedCount: 2,
  observed: 0.0016,
  unit: 'share',
  allowed: 'no rows',
  message: '2 of 1,234 rows (0.16 %) are out of bounds.',
  sql: 'SELECT 1\nFROM "orders"',
  sampleSql: 'SELECT *\nFROM "orders"',
  samples: [{ row: 3, name: '<img src=x onerror=alert(1)>', price: null }],
  series: [{ label: '', points: days }],
};

function pageOf(...results: Partial<ExpectationResult>[]): string {
  const all = results.map((one) => ({ ...result, ...one }));
  const report: AuditReport = {
    reportVersion: AUDIT_REPORT_VERSION,
    suiteId: 'orders',
    suiteVersion: 3,
    title: 'Orders & “more” <b>',
    description: '',
    dataset: 'orders',
    data: 'orders.csv',
    day: '2026-11-24',
    startedAt: '2026-11-25T03:00:00.000Z',
    finishedAt: '2026-11-25T03:00:01.500Z',
    rowCount: 1234,
    unreadableCount: 0,
    verdict: verdictOf(all),
    results: all,
  };
  return reportPage(auditReport.parse(report));
}

describe('the page of a report', () => {
  it('has nothing in it that is not text, whatever the data is', () => {
    const page = pageOf({ title: '"><script>alert(1)</script>', message: "'</summary>" });
    expect(page).not.toMatch(/<script|<img|more” <b>/);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).toContain('Orders &amp; “more” &lt;b&gt;');
  });

  it('asks nothing of anybody', () => {
    const page = pageOf({});
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'");
    expect(page).not.toMatch(/(src|href)="(?!#)|url\(|@import|https?:/);
  });

  it('shows what is unmet first, the gravest before the others, and opened', () => {
    const page = pageOf(
      { id: 'met', status: 'met' },
      { id: 'warned', severity: 'warn' },
      { id: 'stopped', severity: 'stop' },
      { id: 'undecided', status: 'undecided' },
    );
    const ids = [...page.matchAll(/<details id="([^"]+)"( open)?>/g)].map(([, id, open]) => [
      id,
      open !== undefined,
    ]);
    expect(ids).toEqual([
      ['stopped', true],
      ['warned', true],
      ['undecided', false],
      ['met', false],
    ]);
  });

  it('says the result in words, not in colours alone', () => {
    const page = pageOf({}, { id: 'other', status: 'met' });
    expect(page).toMatch(/<strong>quarantine<\/strong>/);
    expect(page).toContain('Of 2 expectations: 1 unmet, 1 met.');
    expect(page).toMatch(/<span class="mark warn">unmet<\/span>/);
  });

  it('plots a measure with what is usual, and tells it to who can’t see it', () => {
    const band = { low: 90, high: 110, median: 100, mad: 3, measureCount: 8 };
    const series = [{ label: 'web-shop', points: days, band, isUnusual: true }];
    const page = pageOf({ kind: 'anomaly', unit: 'z', series });
    expect(page).toContain(
      '<svg viewBox="0 0 720 170" role="img" aria-label="web-shop: 30 days from 2026-10-26 to 2026-11-24, between 100 and 106, at last 101; usual are 90 to 110."',
    );
    expect(page).toContain('class="last unusual"');
    // The same weekday of four weeks before.
    expect(page.match(/class="weekday"/g)).toHaveLength(4);
  });

  it('leaves a plot out where two days make no trend', () => {
    expect(pageOf({ series: [{ label: '', points: days.slice(0, 2) }] })).not.toContain('<figure>');
  });

  it('plots a measure that never moves, and one below zero', () => {
    for (const value of [0, 5, -3]) {
      const points = days.map(({ day }) => ({ day, value }));
      expect(pageOf({ series: [{ label: '', points }] })).not.toMatch(/NaN|Infinity/);
    }
  });
});

describe('a verdict', () => {
  it.each([
    ['passed', [{ status: 'met' }, { status: 'undecided', severity: 'stop' }]],
    [
      'warn',
      [
        { status: 'unmet', severity: 'warn' },
        { status: 'met', severity: 'stop' },
      ],
    ],
    [
      'quarantine',
      [
        { status: 'unmet', severity: 'quarantine' },
        { status: 'unmet', severity: 'warn' },
      ],
    ],
    ['stop', [{ status: 'failed', severity: 'stop' }]],
  ] as const)('is %s', (expected, results) => {
    expect(verdictOf(results.map((one) => ({ ...result, ...one })))).toBe(expected);
  });
});
