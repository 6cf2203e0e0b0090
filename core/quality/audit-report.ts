import * as z from 'zod';

/** The form of the document that an audit writes; raised when a reader of the older form would misread it. */
export const AUDIT_REPORT_VERSION = 1;

/**
 * What is to be done about rows that an expectation does not expect. `warn`: people are told. `quarantine`:
 * the rows are left out of what is built on the data. `stop`: nothing is built on it.
 */
export const severities = ['warn', 'quarantine', 'stop'] as const;
export const severity = z.enum(severities);
export type Severity = z.infer<typeof severity>;

/** A value of a sampled row, masked where it could say who somebody is. */
const sampleValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A measure of an earlier audit of the same suite and dataset. */
export const pastMeasure = z.strictObject({ at: z.iso.datetime(), value: z.number() });
export type PastMeasure = z.infer<typeof pastMeasure>;

/** The band in which robust statistics of past measures expect the present one. */
export const expectedBand = z.strictObject({
  low: z.number(),
  high: z.number(),
  median: z.number(),
  /** Median absolute deviation from the median, of the same unit. */
  mad: z.number(),
  /** Past measures that it rests on; those of the same weekday where there are enough of them. */
  measureCount: z.int().nonnegative(),
  isOfWeekday: z.boolean(),
});
export type ExpectedBand = z.infer<typeof expectedBand>;

export const expectationResult = z.strictObject({
  /** Unique in the suite: `customer-id-present`. */
  id: z.string(),
  /** What is expected, as a sentence. */
  title: z.string(),
  /** The kind of check: `complete`, `unique`, `range`, `drift` … */
  kind: z.string(),
  columns: z.array(z.string()),
  severity,
  /** `failed`: the check itself could not be made; `message` says why. */
  status: z.enum(['met', 'unmet', 'failed']),
  /** Rows that the check looked at. */
  checkedCount: z.int().nonnegative(),
  /** Rows among them that are not as expected; for checks of the whole dataset 0 or 1. */
  unexpectedCount: z.int().nonnegative(),
  /** What was measured (a share, a count, hours, a distance), null where nothing could be. */
  observed: z.number().nullable(),
  unit: z.enum(['rows', 'share', 'hours', 'distance', 'value']),
  /** What is allowed, for people: "at most 0.5 % of rows". */
  allowed: z.string(),
  /** What was found, for people, in one sentence without personal data. */
  message: z.string(),
  /** The query that found it, as it was run. */
  sql: z.string(),
  /** Some of the unexpected rows, masked. */
  samples: z.array(z.record(z.string(), sampleValue)),
  /** Measures of earlier audits, oldest first. */
  history: z.array(pastMeasure),
  /** Absent while there are too few past measures. */
  band: expectedBand.optional(),
});
export type ExpectationResult = z.infer<typeof expectationResult>;

/** What an audit of one dataset found. Lies as JSON beside the page that shows it. */
export const auditReport = z.strictObject({
  reportVersion: z.literal(AUDIT_REPORT_VERSION),
  suiteId: z.string(),
  suiteVersion: z.int().positive(),
  title: z.string(),
  /** `events`, `orders`, `customers`, `catalogue`, `interactions`, or a name of the shop's own. */
  dataset: z.string(),
  /** What was read, for people: file names, or days of the lake. No paths above the file's name. */
  data: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  rowCount: z.int().nonnegative(),
  /** The worst of the results: `passed`, or the highest severity that is unmet. */
  verdict: z.enum(['passed', 'warn', 'quarantine', 'stop']),
  results: z.array(expectationResult),
});
export type AuditReport = z.infer<typeof auditReport>;
