import * as z from 'zod';
import { severity } from './audit-report.ts';
import { bounds, columnName, conditions, pattern, plainValues } from './condition.ts';
import { formats } from './formats.ts';

/**
 * The kinds of expectations. Each has one schema here, one SQL text in sql/ and its row in the
 * reference, which is generated from this file.
 */

const COLUMNS_MAX = 50;

const columnNames = z
  .array(columnName)
  .min(1, { error: 'must name at least one column' })
  .max(COLUMNS_MAX, { error: `must name at most ${COLUMNS_MAX} columns` });

/** Unexpected rows (or keys, or groups) that are put up with: a share of the checked ones or a number. */
const tolerance = z.union(
  [
    z.strictObject({ share: z.number().min(0).max(1) }),
    z.strictObject({ count: z.int().nonnegative() }),
  ],
  { error: 'must be {"share": 0 to 1} or {"count": a whole number}' },
);
export type Tolerance = z.infer<typeof tolerance>;

const shared = {
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, {
      error: 'must be lower case letters, digits and hyphens, at most 64, such as customer-present',
    })
    .describe('unique in the suite; its name in reports, metrics and quarantine'),
  title: z.string().max(200).optional().describe('a sentence for the report; made up if absent'),
  severity: severity.describe('what is to be done: `warn`, `quarantine` or `stop`'),
  where: conditions.optional().describe('only rows that meet all of these are looked at'),
};
const tolerated = {
  ...shared,
  atMost: tolerance.optional().describe('what is put up with; nothing if absent'),
};

/** What is measured a day; a missing day counts as none. */
const measure = z.discriminatedUnion('of', [
  z.strictObject({ of: z.literal('rows') }),
  z.strictObject({ of: z.literal('sum'), column: columnName }),
  z.strictObject({ of: z.literal('mean'), column: columnName }),
  z.strictObject({ of: z.literal('missingShare'), column: columnName }),
  z.strictObject({ of: z.literal('distinct'), column: columnName }),
]);
export type Measure = z.infer<typeof measure>;

/** One amount a line, or the product of two. */
const amount = z.union(
  [columnName, z.strictObject({ multiply: z.tuple([columnName, columnName]) })],
  {
    error: 'must be a column, or {"multiply": [column, column]}',
  },
);

const kind = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ kind: z.literal(name), ...shape });

const types = kind('types', {
  ...tolerated,
  columns: columnNames.optional().describe('all with a type other than text, if absent'),
}).describe('Values are of the type that the suite declares for their column.');

const complete = kind('complete', { ...tolerated, columns: columnNames }).describe(
  'None of the columns is empty.',
);

const range = kind('range', { ...tolerated, column: columnName, ...bounds }).describe(
  'Values lie within bounds. Empty ones are not looked at.',
);

const isIn = kind('in', { ...tolerated, column: columnName, values: plainValues }).describe(
  'Values are of a set.',
);

const notIn = kind('notIn', { ...tolerated, column: columnName, values: plainValues }).describe(
  'Values are not of a set.',
);

const matches = kind('matches', { ...tolerated, column: columnName, pattern }).describe(
  'A regular expression (RE2) is found in every value; use ^ and $ for the whole of it.',
);

const notMatches = kind('notMatches', { ...tolerated, column: columnName, pattern }).describe(
  'A regular expression (RE2) is found in no value.',
);

const format = kind('format', {
  ...tolerated,
  column: columnName,
  format: z.enum(formats),
}).describe('Texts have a well-known form.');

const compare = kind('compare', {
  ...tolerated,
  left: columnName,
  operator: z.enum(['=', '!=', '<', '<=', '>', '>=']),
  right: columnName,
}).describe('Two values of a row stand in a relation; rows that lack one are not looked at.');

const unique = kind('unique', { ...tolerated, columns: columnNames }).describe(
  'No two rows have the same values in the columns. Every row beyond the first is unexpected; rows with an empty one are not looked at.',
);

const distinctRows = kind('distinctRows', {
  ...tolerated,
  except: columnNames.optional().describe('columns that may differ'),
}).describe('No row repeats another in all columns. Every row beyond the first is unexpected.');

const oneValuePerKey = kind('oneValuePerKey', {
  ...tolerated,
  key: columnNames,
  column: columnName,
}).describe('A key always comes with the same value. Counted are keys; empty values say nothing.');

const reference = kind('reference', {
  ...tolerated,
  columns: columnNames,
  dataset: z.string().min(1).describe('another data set, by its name in `references`'),
  referenced: columnNames.describe('its columns, in the same order'),
}).describe('The values exist in another data set. Rows with an empty one are not looked at.');

const total = kind('total', {
  ...tolerated,
  key: columnNames.describe('what a total and its lines share, such as the order’s number'),
  total: columnName,
  lines: z
    .strictObject({
      dataset: z
        .string()
        .min(1)
        .optional()
        .describe('where the lines are, if not in this data set'),
      key: columnNames.optional().describe('the key’s columns there, if they have other names'),
      amount,
      where: conditions.optional(),
    })
    .describe('what adds up to it'),
  within: z
    .strictObject({
      absolute: z.number().nonnegative().optional(),
      share: z.number().min(0).max(1).optional(),
    })
    .optional()
    .describe('a difference that is put up with; the larger of both'),
}).describe(
  'A total is the sum of its lines. Counted are keys; such without lines are not looked at.',
);

const volume = kind('volume', {
  ...shared,
  minimum: z.int().nonnegative().optional(),
  maximum: z.int().nonnegative().optional(),
}).describe(
  'The number of rows lies within fixed bounds. Prefer `anomaly` where there is history.',
);

const fresh = kind('fresh', {
  ...shared,
  column: columnName.describe('a date or time'),
  hoursMax: z.number().positive().describe('age of the newest value, at most'),
}).describe('The newest row is not too old.');

const anomaly = kind('anomaly', {
  ...shared,
  measure: measure.describe('what is counted or added up a day'),
  by: columnNames.optional().describe('a measure for each value of these columns'),
  zMax: z
    .number()
    .positive()
    .default(3.5)
    .describe('modified z-score beyond which a day is unusual'),
  trailingWeeks: z
    .int()
    .min(4)
    .max(26)
    .default(8)
    .describe('same weekdays that it is compared with'),
  direction: z
    .enum(['both', 'below', 'above'])
    .default('both')
    .describe('which days are unusual: fewer, more, or both'),
}).describe(
  'The day’s measure is usual for its weekday, by median and MAD. Needs four same weekdays before it.',
);

const drift = kind('drift', {
  ...shared,
  column: columnName,
  by: z
    .enum(['psi', 'ks', 'chi2'])
    .default('psi')
    .describe('population stability index; Kolmogorov–Smirnov (numbers); Cramér’s V of χ² (texts)'),
  distanceMax: z
    .number()
    .positive()
    .optional()
    .describe('0.2 for psi, 0.1 for ks and chi2 if absent'),
  currentDays: z.int().min(1).max(28).default(1).describe('days that are compared …'),
  trailingDays: z.int().min(7).max(180).default(28).describe('… with so many days before them'),
  rowsMin: z.int().positive().default(200).describe('fewer rows on either side say nothing'),
}).describe('The distribution of a column’s values is as it was.');

/** The document form of an expectation. */
export const expectation = z.discriminatedUnion(
  'kind',
  [
    types,
    complete,
    range,
    isIn,
    notIn,
    matches,
    notMatches,
    format,
    compare,
    unique,
    distinctRows,
    oneValuePerKey,
    reference,
    total,
    volume,
    fresh,
    anomaly,
    drift,
  ],
  { error: 'must be a kind of expectation; see docs/reference/expectations.md' },
);
export type Expectation = z.infer<typeof expectation>;
export type ExpectationKind = Expectation['kind'];
export type ExpectationOf<Kind extends ExpectationKind> = Extract<Expectation, { kind: Kind }>;

/** Kinds that judge a row by itself; those alone can run where events come in. */
export const rowKinds = [
  'types',
  'complete',
  'range',
  'in',
  'notIn',
  'matches',
  'notMatches',
  'format',
  'compare',
] as const satisfies readonly ExpectationKind[];
export type RowExpectation = ExpectationOf<(typeof rowKinds)[number]>;

export function isRowExpectation(one: Expectation): one is RowExpectation {
  return rowKinds.some((kindOfRow) => kindOfRow === one.kind);
}
