import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledSuites } from '../../../core/quality/bundled-suites.ts';
import { lakeDatasets, lakeProblem } from '../../../core/quality/lake-datasets.ts';
import { parseSuite } from '../../../core/quality/suite.ts';

const root = join(import.meta.dirname, '../../..');
const small = {
  formVersion: 1,
  suiteId: 'orders',
  version: 1,
  title: 'Orders',
  dataset: 'orders',
  columns: {
    order_id: { type: 'text' },
    total: { type: 'number' },
    at: { type: 'time' },
    properties: { type: 'json' },
    coupon: { type: 'text', from: 'properties.coupon' },
  },
  expectations: [{ id: 'unique', kind: 'unique', columns: ['order_id'], severity: 'stop' }],
};

function complaint(changes: object): string {
  try {
    parseSuite({ ...small, ...changes }, 'orders.json');
    return 'none';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const expecting = (one: object) => complaint({ expectations: [one] });

describe('a suite', () => {
  it('is taken as it stands', () => {
    expect(complaint({})).toBe('none');
  });

  it.each(
    readdirSync(join(root, 'core/quality/suites'), { withFileTypes: false })
      .map(String)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join('core/quality/suites', name))
      .concat('examples/online-retail.suite.json'),
  )('%s is one', (file) => {
    expect(() =>
      parseSuite(JSON.parse(readFileSync(join(root, file), 'utf8')), file),
    ).not.toThrow();
  });
});

describe('a suite is refused with the place, the mistake and the remedy', () => {
  const row = { id: 'a', kind: 'range', column: 'total', severity: 'warn', minimum: 0 };
  it.each<[what: string, said: string, words: RegExp]>([
    [
      'an unknown field',
      complaint({ titel: 'x' }),
      /the document: "titel" is no field of it; correct/,
    ],
    [
      'an unknown field of an expectation, by its id',
      expecting({ ...row, minimun: 1 }),
      /expectations\.0 \(a\): "minimun" is no field of it/,
    ],
    [
      'another form',
      complaint({ formVersion: 2 }),
      /formVersion: must be 1, the form that this version/,
    ],
    ['no version', complaint({ version: undefined }), /version: must be/],
    [
      'an unknown kind',
      expecting({ ...row, kind: 'rnge' }),
      /\(a\): must be a kind of expectation; see docs/,
    ],
    [
      'an unknown severity',
      expecting({ ...row, severity: 'fatal' }),
      /must be one of warn, quarantine, stop/,
    ],
    [
      'a column that is not declared',
      expecting({ ...row, column: 'totl' }),
      /“totl” is not declared; declare it, or take one of order_id, total/,
    ],
    [
      'a range of texts',
      expecting({ ...row, column: 'order_id' }),
      /“order_id” is of type text; a range expectation needs integer or number/,
    ],
    [
      'a pattern of numbers',
      expecting({ id: 'a', kind: 'matches', column: 'total', pattern: 'a', severity: 'warn' }),
      /needs text/,
    ],
    [
      'a look-around, which RE2 has not',
      expecting({
        id: 'a',
        kind: 'matches',
        column: 'order_id',
        pattern: '(?!a)',
        severity: 'warn',
      }),
      /look-around or back-reference/,
    ],
    [
      'a pattern that is none',
      expecting({ id: 'a', kind: 'matches', column: 'order_id', pattern: '(a', severity: 'warn' }),
      /is no regular expression/,
    ],
    [
      'an id twice',
      complaint({ expectations: [row, { ...row, minimum: 2 }] }),
      /“a” is there twice; ids are unique/,
    ],
    [
      'a comparison of days without a column of times',
      expecting({ id: 'a', kind: 'anomaly', measure: { of: 'rows' }, severity: 'warn' }),
      /compares days: name the suite's column of times in "time"/,
    ],
    [
      'times that are texts',
      complaint({ time: 'order_id' }),
      /must be declared in columns as a date or time/,
    ],
    [
      'a data set that is not declared',
      expecting({
        id: 'a',
        kind: 'reference',
        columns: ['order_id'],
        dataset: 'catalogue',
        referenced: ['item_id'],
        severity: 'warn',
      }),
      /“catalogue” is not declared in references/,
    ],
    [
      'a field of what is no JSON',
      complaint({ columns: { ...small.columns, coupon: { type: 'text', from: 'order_id.a' } } }),
      /“order_id” must be declared as a column of type json/,
    ],
    ['a share beyond one', expecting({ ...row, atMost: { share: 5 } }), /atMost/],
    ['no document at all', complaint([]), /./],
  ])('%s', (_, said, words) => {
    expect(said).toMatch(words);
  });
});

describe('the bundled suites', () => {
  it.each(bundledSuites)('$suiteId is one that the lake has', (suite) => {
    expect(lakeProblem(suite)).toBeUndefined();
  });

  it('cover every data set of the lake', () => {
    expect(bundledSuites.map(({ dataset }) => dataset).sort()).toEqual([...lakeDatasets].sort());
  });

  it('a suite of what the lake has not is told so', () => {
    const [events] = bundledSuites;
    if (events === undefined) throw new Error('no suite');
    expect(lakeProblem({ ...events, dataset: 'returns' })).toMatch(
      /no data set “returns” in the lake; take/,
    );
    const columns = { ...events.columns, age: { type: 'integer' as const } };
    expect(lakeProblem({ ...events, columns })).toMatch(
      /events has no column “age”; it has message_id/,
    );
  });
});
