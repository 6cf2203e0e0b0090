import type { ExpectationResult, Series } from './audit-report.ts';
import type { Timeline } from './day-measures.ts';
import { type Counts, driftBetween } from './drift.ts';
import type { ExpectationOf, Measure } from './expectation.ts';
import { asked } from './judge-check.ts';
import { maskText } from './mask-sample.ts';
import { dayBefore, judgeWeekday, WEEKDAYS_MIN } from './robust-statistics.ts';
import { counted, measured } from './title-of.ts';

/** Series that a report shows; unusual ones come first. */
const SERIES_MAX = 6;
/** Days of a series that a report shows. */
export const POINTS_MAX = 120;
/** Sums and means differ a little from week to week whatever happens. */
const AMOUNT_CHANCE_SHARE = 0.02;
/** Half a percent of rows more or less without a value is no news. */
const SHARE_CHANCE = 0.005;
const distanceMaxOf = { psi: 0.2, ks: 0.1, chi2: 0.1 } as const;

/** The day's measures against the same weekday of the weeks before. */
export function judgeAnomaly(
  one: ExpectationOf<'anomaly'>,
  sql: string,
  timeline: Timeline,
  day: string,
): ExpectationResult {
  const absent = one.measure.of === 'mean' || one.measure.of === 'missingShare' ? undefined : 0;
  const judged = timeline.labels().map((label) => {
    const measures = timeline.series(label, absent);
    const verdict = judgeWeekday({ ...one, measures, day, chanceOf: chanceOf(one.measure) });
    return { label, measures, verdict };
  });
  const decided = judged.filter(({ verdict }) => verdict.kind === 'judged');
  const unusual = decided.filter(({ verdict }) => verdict.kind === 'judged' && verdict.isUnusual);
  const shown = judged.toSorted((a, b) => severityOf(b.verdict) - severityOf(a.verdict));
  const worst = shown[0];
  const [weekdays] = judged.map(({ verdict }) =>
    verdict.kind === 'judged' ? verdict.band.measureCount : verdict.weekdayCount,
  );
  return {
    ...asked(one, sql),
    status: unusual.length > 0 ? 'unmet' : decided.length > 0 ? 'met' : 'undecided',
    counting: 'series',
    checkedCount: decided.length,
    unexpectedCount: unusual.length,
    observed: worst?.verdict.kind === 'judged' ? finite(worst.verdict.z) : null,
    unit: 'z',
    allowed: `modified z-score ${directionText[one.direction]} ${one.zMax}, against the same weekday of ${one.trailingWeeks} weeks`,
    message:
      decided.length === 0
        ? `Not enough history: ${weekdays ?? 0} of the ${WEEKDAYS_MIN} same weekdays before ${day} that are needed.`
        : anomalyMessage(day, unusual.length > 0 ? unusual : decided, unusual.length > 0),
    series: shown.slice(0, SERIES_MAX).map(({ label, measures, verdict }) => ({
      ...seriesOf(label, measures),
      ...(verdict.kind === 'judged' ? { band: verdict.band, isUnusual: verdict.isUnusual } : {}),
    })),
  };
}

const directionText = { both: 'within ±', below: 'not below −', above: 'not above' } as const;

type Judged = {
  readonly label: string;
  readonly verdict: ReturnType<typeof judgeWeekday>;
};

function severityOf(verdict: Judged['verdict']): number {
  if (verdict.kind !== 'judged') return -1;
  return Math.abs(verdict.z) + (verdict.isUnusual ? Number.MAX_SAFE_INTEGER : 0);
}

function anomalyMessage(day: string, judged: readonly Judged[], areUnusual: boolean): string {
  const texts = judged
    .toSorted((a, b) => severityOf(b.verdict) - severityOf(a.verdict))
    .slice(0, 3)
    .flatMap(({ label, verdict }) => {
      if (verdict.kind !== 'judged') return [];
      const { value, band } = verdict;
      const name = label === '' ? '' : `${maskText(label)}: `;
      return `${name}${measured(value)}, usual are ${measured(Math.max(0, band.low))} to ${measured(band.high)}`;
    });
  const more =
    judged.length > texts.length ? `; and ${counted(judged.length - texts.length)} more` : '';
  return `${day} is ${areUnusual ? 'unusual' : 'usual for its weekday'}: ${texts.join('; ')}${more}.`;
}

/** Counts scatter by their root (Poisson) even where nothing changes. */
function chanceOf({ of }: Measure): (median: number) => number {
  switch (of) {
    case 'rows':
    case 'distinct':
      return (median) => Math.sqrt(Math.max(1, median));
    case 'missingShare':
      return () => SHARE_CHANCE;
    default:
      return (median) => Math.abs(median) * AMOUNT_CHANCE_SHARE;
  }
}

/** The distribution of the last days against that of the days before them. */
export function judgeDrift(
  one: ExpectationOf<'drift'>,
  sql: string,
  timeline: Timeline,
  day: string,
  isNumeric: boolean,
): ExpectationResult {
  const current = addedUp(timeline, day, 0, one.currentDays);
  const trailing = addedUp(timeline, day, one.currentDays, one.trailingDays);
  const [rows, before] = [totalOf(current), totalOf(trailing)];
  const distanceMax = one.distanceMax ?? distanceMaxOf[one.by];
  const base = {
    ...asked(one, sql),
    counting: 'dataset' as const,
    checkedCount: 1,
    unit: 'distance' as const,
    allowed: `${distanceNames[one.by]} of at most ${distanceMax}`,
  };
  if (rows < one.rowsMin || before < one.rowsMin) {
    const message = `Not enough rows to say: ${counted(rows)} and ${counted(before)} before, ${counted(one.rowsMin)} are needed.`;
    return { ...base, status: 'undecided', unexpectedCount: 0, observed: null, message };
  }
  const { distance, chance, binCount } = driftBetween(one.by, current, trailing, isNumeric);
  const isMet = distance <= Math.max(distanceMax, chance);
  return {
    ...base,
    status: isMet ? 'met' : 'unmet',
    unexpectedCount: isMet ? 0 : 1,
    observed: distance,
    message: `The distance to the ${one.trailingDays} days before is ${measured(distance)}, over ${binCount} bins of ${counted(rows)} and ${counted(before)} rows; chance alone stays below ${measured(chance)}.`,
  };
}

const distanceNames = {
  psi: 'a population stability index',
  ks: 'a Kolmogorov–Smirnov distance',
  chi2: 'a Cramér’s V',
} as const;

function addedUp(timeline: Timeline, day: string, skipDays: number, days: number): Counts {
  const counts = new Map<string, number>();
  for (let index = skipDays; index < skipDays + days; index += 1) {
    for (const [bin, count] of timeline.of(dayBefore(day, index))) {
      counts.set(bin, (counts.get(bin) ?? 0) + count);
    }
  }
  return counts;
}

function totalOf(counts: Counts): number {
  return counts.values().reduce((sum, count) => sum + count, 0);
}

/** A series to be plotted, its label without personal data. */
export function seriesOf(label: string, measures: ReadonlyMap<string, number>): Series {
  const points = [...measures].map(([day, value]) => ({ day, value }));
  return { label: maskText(label), points: points.slice(-POINTS_MAX) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
