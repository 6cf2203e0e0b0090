import * as z from 'zod';
import { columnTypes, type SuiteColumnType } from './column-types.ts';
import { columnsNamedBy } from './columns-named.ts';
import { columnName } from './condition.ts';
import { expectation } from './expectation.ts';

/** The form of suite documents; raised when a reader of the older form would misread one. */
const SUITE_FORM_VERSION = 1;
const COLUMNS_MAX = 200;
const EXPECTATIONS_MAX = 200;

const suiteColumn = z.strictObject({
  type: z
    .enum(columnTypes, { error: `must be one of ${columnTypes.join(', ')}` })
    .describe(
      'numbers with a point, days and times in ISO 8601, times in UTC if they name no zone',
    ),
  isPersonal: z
    .boolean()
    .optional()
    .describe('never shown in samples; where absent its name and values decide'),
  from: z
    .string()
    .regex(/^[^.]+(\.[^.]+)+$/, { error: 'must be a column and a field in it: properties.coupon' })
    .optional()
    .describe('a field of a JSON column, as column.field'),
});
export type SuiteColumn = z.infer<typeof suiteColumn>;

/** How a file is written, where that doesn't follow from its name. */
const fileFormat = z.strictObject({
  delimiter: z.string().min(1).max(4).optional().describe('of a CSV file; comma, or tab for .tsv'),
  encoding: z.enum(['utf-8', 'latin-1', 'utf-16']).optional(),
  missing: z.array(z.string().max(20)).max(10).optional().describe('texts that mean empty, as NA'),
});

const dataset = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, {
  error:
    'must be events, orders, customers, catalogue, interactions or a name of your own, in lower case',
});

const columns = z
  .record(columnName, suiteColumn)
  .refine((one) => Object.keys(one).length > 0, { error: 'must declare at least one column' })
  .refine((one) => Object.keys(one).length <= COLUMNS_MAX, {
    error: `must declare at most ${COLUMNS_MAX} columns`,
  });

/** An expectation suite: what is expected of one data set, as a document. */
export const suite = z
  .strictObject({
    formVersion: z.literal(SUITE_FORM_VERSION, {
      error: `must be ${SUITE_FORM_VERSION}, the form that this version of Kindred reads`,
    }),
    suiteId: dataset.describe('names its reports'),
    version: z
      .int({ error: 'must be a whole number' })
      .positive()
      .describe('raised with each change'),
    title: z.string().min(1).max(200).describe('of the report'),
    description: z.string().max(2_000).optional().describe('below the title'),
    dataset: dataset.describe('what it is about'),
    format: fileFormat.optional().describe('of the file, where its name doesn’t say it'),
    columns: columns.describe('the columns that are used; others of a file are texts'),
    time: columnName
      .optional()
      .describe('column that says on which day a row counts; needed by anomaly and drift'),
    isState: z
      .boolean()
      .optional()
      .describe('the rows are what there is now, as customers are, and not what a day brought'),
    references: z
      .record(dataset, z.strictObject({ columns, format: fileFormat.optional() }))
      .optional()
      .describe('other data sets that are asked: of the lake by their names, or with --reference'),
    expectations: z
      .array(expectation)
      .min(1, { error: 'must have at least one expectation' })
      .max(EXPECTATIONS_MAX, { error: `must have at most ${EXPECTATIONS_MAX} expectations` })
      .describe('what is expected'),
  })
  .superRefine((document, context) => {
    for (const { path, message } of faultsOf(document)) {
      context.addIssue({ code: 'custom', path, message });
    }
  });
export type Suite = z.infer<typeof suite>;

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

type Unchecked = Pick<Suite, 'columns' | 'time' | 'isState' | 'references' | 'expectations'>;

function* faultsOf(document: Unchecked): Iterable<Fault> {
  const { time, expectations } = document;
  if (time !== undefined && document.isState === true) {
    yield { path: ['isState'], message: 'rows that count by a column of times are no state' };
  }
  if (time !== undefined && !isTime(document.columns[time]?.type)) {
    const message = `“${time}” must be declared in columns as a date or time`;
    yield { path: ['time'], message };
  }
  for (const [name, column] of Object.entries(document.columns)) {
    const [parent = ''] = column.from?.split('.') ?? [];
    if (column.from === undefined || document.columns[parent]?.type === 'json') continue;
    const message = `“${parent}” must be declared as a column of type json`;
    yield { path: ['columns', name, 'from'], message };
  }
  const ids = new Set<string>();
  for (const [index, one] of expectations.entries()) {
    const path = ['expectations', index];
    if (ids.has(one.id)) {
      yield { path: [...path, 'id'], message: `“${one.id}” is there twice; ids are unique` };
    }
    ids.add(one.id);
    yield* columnFaults(document, path, one);
    const needsTime = one.kind === 'anomaly' || one.kind === 'drift';
    if (needsTime && time === undefined && document.isState !== true) {
      const message = `“${one.id}” compares days: name the suite's column of times in "time", or set "isState" if all rows count for the day of the audit`;
      yield { path: [...path, 'kind'], message };
    }
  }
}

function* columnFaults(
  document: Unchecked,
  path: (string | number)[],
  one: Suite['expectations'][number],
): Iterable<Fault> {
  for (const { field, column, dataset: of, types } of columnsNamedBy(one)) {
    const declared = of === undefined ? document.columns : document.references?.[of]?.columns;
    if (declared === undefined) {
      const message = `“${of}” is not declared in references; declare it with its columns`;
      yield { path: [...path, field], message };
      return;
    }
    const type = declared[column]?.type;
    if (type === undefined) {
      const names = Object.keys(declared).join(', ');
      const message = `“${column}” is not declared; declare it, or take one of ${names}`;
      yield { path: [...path, field], message };
    } else if (types !== undefined && !types.includes(type)) {
      const message = `“${column}” is of type ${type}; a ${one.kind} expectation needs ${types.join(' or ')}`;
      yield { path: [...path, field], message };
    }
  }
}

function isTime(type: SuiteColumnType | undefined): boolean {
  return type === 'date' || type === 'time';
}

/**
 * Reads a suite.
 * @throws SuiteError naming every mistake with its place.
 */
export function parseSuite(value: unknown, name: string): Suite {
  const parsed = suite.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${placeOf(issue, value)}`);
  throw new SuiteError(`${name} is not an expectation suite:\n${lines.join('\n')}`);
}

export class SuiteError extends Error {
  override readonly name = 'SuiteError';
}

function placeOf(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join('.');
  const id = expectationIdAt(value, issue.path);
  const where = `${path || 'the document'}${id === undefined ? '' : ` (${id})`}`;
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${key}"`).join(', ');
    return `${where}: ${keys} is no field of it; correct the spelling or leave it out`;
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return `${where}: must be there, ${issue.expected} expected`;
  }
  return `${where}: ${issue.message}`;
}

/** People know an expectation by its id, not by its number. */
function expectationIdAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  if (path[0] !== 'expectations' || path[1] === undefined) return undefined;
  const list: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, path[0]) : [];
  const one: unknown = Array.isArray(list) ? list[Number(path[1])] : undefined;
  const id: unknown = typeof one === 'object' && one !== null ? Reflect.get(one, 'id') : undefined;
  return typeof id === 'string' ? id : undefined;
}
