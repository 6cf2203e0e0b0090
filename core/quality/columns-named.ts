import type { SuiteColumnType } from './column-types.ts';
import type { Expectation } from './expectation.ts';

/** A column that an expectation names, with what it must be. */
export interface NamedColumn {
  /** Of the expectation's document. */
  readonly field: string;
  readonly column: string;
  /** Another data set's; this one's where absent. */
  readonly dataset?: string | undefined;
  /** Any where absent. */
  readonly types?: readonly SuiteColumnType[];
}

const TEXT: readonly SuiteColumnType[] = ['text'];
const NUMBERS: readonly SuiteColumnType[] = ['integer', 'number'];
const ORDERED: readonly SuiteColumnType[] = ['integer', 'number', 'date', 'time'];
const TIMES: readonly SuiteColumnType[] = ['date', 'time'];

/** Every column that an expectation names, in the order of its fields. */
export function columnsNamedBy(one: Expectation): NamedColumn[] {
  const conditions = (one.where ?? []).map(({ column, matches, notMatches }) => ({
    field: 'where',
    column,
    ...(matches === undefined && notMatches === undefined ? {} : { types: TEXT }),
  }));
  return [...ownColumns(one), ...conditions];
}

function ownColumns(one: Expectation): NamedColumn[] {
  switch (one.kind) {
    case 'types':
      return named('columns', one.columns ?? []);
    case 'complete':
    case 'unique':
      return named('columns', one.columns);
    case 'distinctRows':
      return named('except', one.except ?? []);
    case 'range':
      return [{ field: 'column', column: one.column, types: ORDERED }];
    case 'matches':
    case 'notMatches':
    case 'format':
      return [{ field: 'column', column: one.column, types: TEXT }];
    case 'in':
    case 'notIn':
      return named('column', [one.column]);
    case 'compare':
      return [...named('left', [one.left]), ...named('right', [one.right])];
    case 'oneValuePerKey':
      return [...named('key', one.key), ...named('column', [one.column])];
    case 'reference':
      return [
        ...named('columns', one.columns),
        ...named('referenced', one.referenced, one.dataset),
      ];
    case 'total':
      return totalColumns(one);
    case 'volume':
      return [];
    case 'fresh':
      return [{ field: 'column', column: one.column, types: TIMES }];
    case 'anomaly':
      return [...measureColumns(one), ...named('by', one.by ?? [])];
    case 'drift':
      return [driftColumn(one)];
  }
}

function named(field: string, columns: readonly string[], dataset?: string): NamedColumn[] {
  return columns.map((column) => ({ field, column, dataset }));
}

function totalColumns({
  key,
  total,
  lines,
}: Extract<Expectation, { kind: 'total' }>): NamedColumn[] {
  const { dataset, amount } = lines;
  const amounts = typeof amount === 'string' ? [amount] : amount.multiply;
  return [
    ...named('key', key),
    { field: 'total', column: total, types: NUMBERS },
    ...named('lines', lines.key ?? key, dataset),
    ...amounts.map((column) => ({ field: 'lines', column, dataset, types: NUMBERS })),
    ...named(
      'lines',
      (lines.where ?? []).map(({ column }) => column),
      dataset,
    ),
  ];
}

function measureColumns({ measure }: Extract<Expectation, { kind: 'anomaly' }>): NamedColumn[] {
  switch (measure.of) {
    case 'rows':
      return [];
    case 'sum':
    case 'mean':
      return [{ field: 'measure', column: measure.column, types: NUMBERS }];
    default:
      return named('measure', [measure.column]);
  }
}

function driftColumn({ by, column }: Extract<Expectation, { kind: 'drift' }>): NamedColumn {
  if (by === 'ks') return { field: 'column', column, types: NUMBERS };
  if (by === 'chi2') return { field: 'column', column, types: ['text', 'boolean'] };
  return { field: 'column', column, types: ['text', 'boolean', ...NUMBERS] };
}
