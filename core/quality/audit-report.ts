import * as z from 'zod';

/** The form of the document that an audit writes; raised when a reader of the older form would misread it. */
export const AUDIT_REPORT_VERSION = 1;

/**
 * What is to be done about rows that an expectation does not expect. `warn`: people are told. `quarantine`:
 * the rows are left out of what is built on the data. `stop`: nothing is built on it.
 */
export const severities = ['warn', 'quarantine', 'stop'] as const;
export const severity = z.enum(severities, { error: `must be one of ${severities.join(', ')}` });
export type Severity = z.infer<typeof severity>;

/** The worst that an audit found: `passed`, or the highest severity of what is unmet or could not be checked. */
export const verdict = z.enum(['passed', ...severities]);
export type Verdict = z.infer<typeof verdict>;

/** A value of a sampled row, masked where it could say who somebody is. */
const sampleValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type SampleValue = z.infer<typeof sampleValue>;

/** A measure of one day. */
const dayMeasure = z.strictObject({ day: z.iso.date(), value: z.number() });

/** The band in which robust statistics of the same weekdays before expect a day's measure. */
const expectedBand = z.strictObject({
  low: z.number(),
  high: z.number(),
  median: z.number(),
  /** Median absolute deviation from the median, of the same unit. */
  mad: z.number(),
  /** Days that it rests on. */
  measureCount: z.int().nonnegative(),
});

/** What was measured on the days so far, oldest first; the last is the day in question. */
const series = z.strictObject({
  /** A value of what the measure is told apart by; empty for the whole. */
  label: z.string(),
  points: z.array(dayMeasure),
  /** Absent while there are too few days, and where nothing is expected of the measure itself. */
  band: expectedBand.optional(),
  isUnusual: z.boolean().optional(),
});
export type Series = z.infer<typeof series>;

export const expectationResult = z.strictObject({
  /** Unique in the suite: `customer-present`. */
  id: z.string(),
  /** What is expected, as a sentence. */
  title: z.string(),
  /** The kind of check: `complete`, `unique`, `range`, `drift` … */
  kind: z.string(),
  columns: z.array(z.string()),
  severity,
  /**
   * `undecided`: there is too little data or history to say; that is no breach. `failed`: the check
   * itself could not be made; `message` says why, and it counts like a breach.
   */
  status: z.enum(['met', 'unmet', 'undecided', 'failed']),
  /** What `checkedCount` and `unexpectedCount` are counts of. */
  counting: z.enum(['rows', 'keys', 'series', 'dataset']),
  checkedCount: z.int().nonnegative(),
  /** Among them those that are not as expected; of the whole data set 0 or 1. */
  unexpectedCount: z.int().nonnegative(),
  /** What was measured, null where nothing could be. */
  observed: z.number().nullable(),
  unit: z.enum(['share', 'rows', 'hours', 'distance', 'z']),
  /** What is allowed, for people: "at most 0.5 % of rows". */
  allowed: z.string(),
  /** What was found, for people, in one sentence without personal data. */
  message: z.string(),
  /** The query that found it, as it was run. */
  sql: z.string(),
  /** The query for the rows below; empty where a check is of no rows. */
  sampleSql: z.string(),
  /** Some of what is not as expected, masked. */
  samples: z.array(z.record(z.string(), sampleValue)),
  series: z.array(series),
});
export type ExpectationResult = z.infer<typeof expectationResult>;

/** What an audit of one data set found. Lies as JSON beside the page that shows it. */
export const auditReport = z.strictObject({
  reportVersion: z.literal(AUDIT_REPORT_VERSION),
  suiteId: z.string(),
  suiteVersion: z.int().positive(),
  title: z.string(),
  description: z.string(),
  /** `events`, `orders`, `customers`, `catalogue`, `interactions`, or a name of the shop's own. */
  dataset: z.string(),
  /** What was read, for people: a file's name, or a day of the lake. */
  data: z.string(),
  /** The day in question: of the lake, or the last one in the data; absent where rows have no time. */
  day: z.iso.date().optional(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  rowCount: z.int().nonnegative(),
  /** Rows that could not be read at all; they are in none of the counts. */
  unreadableCount: z.int().nonnegative(),
  verdict,
  results: z.array(expectationResult),
});
export type AuditReport = z.infer<typeof auditReport>;

/** The worst of the results. */
export function verdictOf(results: readonly ExpectationResult[]): Verdict {
  const broken = results.filter(({ status }) => status === 'unmet' || status === 'failed');
  const order: readonly Severity[] = ['stop', 'quarantine', 'warn'];
  return order.find((one) => broken.some((result) => result.severity === one)) ?? 'passed';
}

/**
 * The report of a data set of which no row has ever come: nothing is missing, so nothing is unmet. A check that
 * could not be made still is a breach.
 */
export function withoutAnyData(report: AuditReport): AuditReport {
  const results = report.results.map((result): ExpectationResult => {
    if (result.status !== 'unmet') return result;
    const message = `Nothing has come yet, so nothing is expected. ${result.message}`;
    return { ...result, status: 'undecided', unexpectedCount: 0, message };
  });
  const data = `${report.data}, to which no row has come yet`;
  return { ...report, data, results, verdict: verdictOf(results) };
}
