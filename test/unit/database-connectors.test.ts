import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { pullDocument } from '../../adapters/sources/connectors.ts';
import { databaseFields } from '../../adapters/sources/database-config.ts';
import { jsonValue } from '../../adapters/sources/database-values.ts';
import { databaseDocument } from '../support/databases.ts';

const documentWith = (changes: object, type = 'postgresql') =>
  pullDocument.safeParse({ connector: { type, ...databaseDocument, ...changes } });

describe.each(['postgresql', 'mysql'])('the configuration of %s', (type) => {
  it('verifies TLS, ends slow pages and reads UTC where nothing else is said', () => {
    const parsed = documentWith({ tls: undefined }, type);
    expect(parsed.data?.connector).toMatchObject({
      type,
      port: type === 'mysql' ? 3306 : 5432,
      tls: { mode: 'verified' },
      statementTimeoutSeconds: 30,
      timeZone: 'UTC',
    });
    expect(parsed.data?.allowPrivateAddresses).toBe(false);
  });

  it.each<[what: string, changes: object, path: string]>([
    ['every column', { columns: ['*', ...databaseDocument.columns] }, 'connector.columns.0'],
    ['a query as a table', { table: '(SELECT 1) x' }, 'connector.table'],
    ['a quote in a name', { idColumn: 'id"' }, 'connector.idColumn'],
    ['a backtick in a name', { updatedAtColumn: 'changed`' }, 'connector.updatedAtColumn'],
    ['three parts of a name', { table: 'a.b.c' }, 'connector.table'],
    ['a statement in a zone', { timeZone: "UTC'; --" }, 'connector.timeZone'],
    ['a socket as a host', { host: '/var/run/postgresql' }, 'connector.host'],
    ['a column that the mapping misses', { columns: ['id', 'name'] }, 'connector.mapping'],
    ['a misspelt field', { pasword: 'x' }, 'connector'],
  ])('refuses %s', (_, changes, path) => {
    expect(documentWith(changes, type).error?.issues.map((issue) => issue.path.join('.'))).toEqual([
      path,
    ]);
  });
});

describe('a database’s value as JSON', () => {
  it.each([
    ['exact', '9007199254740991', 9_007_199_254_740_991],
    ['exact', '9007199254740992', '9007199254740992'],
    ['exact', '-0.10', -0.1],
    ['exact', '123456789012.345', 123_456_789_012.345],
    ['exact', '1234567890123.4567', '1234567890123.4567'],
    ['exact', 'NaN', null],
    ['float', '-Infinity', null],
    ['float', '1e+20', 1e20],
    ['boolean', 'false', false],
    ['instant', 'infinity', null],
    ['instant', '0000-00-00 00:00:00', null],
    ['instant', '0044-03-15 12:00:00 BC', null],
    ['json', '[1.0, 10000000000000000000001, "x"]', [1, '10000000000000000000001', 'x']],
    ['text', null, null],
  ] as const)('%s %s', (kind, text, value) => {
    expect(jsonValue(text, kind)).toEqual(value);
  });
});

describe('the reference of the databases', () => {
  it('has a row of every field', async () => {
    const reference = await readFile('docs/reference/connectors-databases.md', 'utf8');
    for (const field of ['type', 'port', ...Object.keys(databaseFields)]) {
      expect(reference).toMatch(new RegExp(`\\| \`${field}\` +\\|`));
    }
  });
});
