import * as z from 'zod';
import { condition } from './condition.ts';
import { type ExpectationKind, expectation, rowKinds } from './expectation.ts';
import { lakeDatasetsMarkdown } from './lake-datasets.ts';
import { suite } from './suite.ts';

/** The reference of suites and expectations, made of the schemas that check them. */
export const EXPECTATIONS_PATH = 'docs/reference/expectations.md';

/** One of each kind; a test holds them against their schemas. */
export const kindExamples: Readonly<Record<ExpectationKind, object>> = {
  types: { columns: ['quantity', 'price'] },
  complete: { columns: ['order_id', 'customer'] },
  range: { column: 'price', exclusiveMinimum: 0, atMost: { share: 0.001 } },
  in: { column: 'status', values: ['paid', 'open'] },
  notIn: { column: 'sku', values: ['POST', 'TEST'] },
  matches: { column: 'sku', pattern: '^\\d{5}' },
  notMatches: { column: 'invoice', pattern: '^C' },
  format: { column: 'currency', format: 'currency' },
  compare: { left: 'ordered_at', operator: '<=', right: 'shipped_at' },
  unique: { columns: ['order_id', 'line'] },
  distinctRows: { except: ['exported_at'] },
  oneValuePerKey: { key: ['sku'], column: 'name' },
  reference: { columns: ['sku'], dataset: 'catalogue', referenced: ['item_id'] },
  total: {
    key: ['order_id'],
    total: 'total',
    lines: { amount: { multiply: ['price', 'quantity'] } },
    within: { absolute: 0.01 },
  },
  volume: { minimum: 1000 },
  fresh: { column: 'ordered_at', hoursMax: 24 },
  anomaly: { measure: { of: 'sum', column: 'total' }, by: ['currency'] },
  drift: { column: 'price', by: 'psi' },
};

export function expectationsMarkdown(): string {
  const schemas = z.toJSONSchema(expectation, { io: 'input' }).anyOf ?? [];
  const kinds = schemas.concat(z.toJSONSchema(expectation, { io: 'input' }).oneOf ?? []);
  return `${[
    '# Expectation suites',
    'A suite is a JSON document that says what is expected of a data set. It is checked strictly: a field that is not in these tables is refused. How to work with suites is in [Audit your data](../how-to/audit-your-data.md). This page is generated from the schemas by `npm run schemas`.',
    '## The suite',
    fieldsTable(z.toJSONSchema(suite, { io: 'input' }), []),
    '## A column',
    'By its name in `columns`. In a file every column is read as text and then taken for its type; what is none of it is found by `types`, and is missing for no other check. An empty text is a missing value.',
    fieldsTable(z.toJSONSchema(suite.shape.columns.valueType, { io: 'input' }), []),
    '## A condition',
    'Of `where`: everything that it says must hold.',
    fieldsTable(z.toJSONSchema(condition, { io: 'input' }), []),
    '## What every expectation has',
    fieldsTable(kinds[0] ?? {}, ['kind', 'columns', 'atMost']),
    'Kinds that count rows or keys also have `atMost`: `{"share": 0.01}` or `{"count": 5}`, what is put up with; nothing if absent.',
    '## The data sets of the lake',
    'A suite of one of these is audited every night; `kindred audit` takes any data set with any columns.',
    lakeDatasetsMarkdown(),
    '## The kinds',
    'Those with a ◆ judge one row by itself. In a suite of `events` they are also looked at where events come in, unless they have a pattern, an `atMost`, or the severity `stop`.',
    ...kinds.map(kindSection),
  ].join('\n\n')}\n`;
}

const SHARED = ['id', 'kind', 'title', 'severity', 'where', 'atMost'];

function kindSection(schema: JsonSchema): string {
  const kind = schema.properties?.kind;
  const name = typeof kind === 'object' ? String(kind.const) : '';
  const isRow = rowKinds.some((kind) => kind === name);
  const example = Object.entries(kindExamples).find(([kind]) => kind === name)?.[1];
  const document = { id: exampleId(name), kind: name, ...example, severity: 'warn' };
  return [
    `### \`${name}\`${isRow ? ' ◆' : ''}`,
    schema.description ?? '',
    fieldsTable(schema, SHARED),
    `\`\`\`json\n${JSON.stringify(document, null, 2)}\n\`\`\``,
  ].join('\n\n');
}

function exampleId(kind: string): string {
  return `example-${kind.toLowerCase()}`;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** `field`, what it is, what it means; required ones in bold. */
function fieldsTable(schema: JsonSchema, without: readonly string[]): string {
  const required = schema.required ?? [];
  const rows = Object.entries(schema.properties ?? {})
    .filter(([name]) => !without.includes(name))
    .flatMap(([name, field]) => {
      if (typeof field === 'boolean') return [];
      const shown = required.includes(name) ? `**\`${name}\`**` : `\`${name}\``;
      const absent =
        field.default === undefined ? [] : [`${JSON.stringify(field.default)} if absent`];
      const meaning = [field.description ?? [], absent].flat().join('; ');
      return [`| ${shown} | ${typeText(field)} | ${inCell(meaning)} |`];
    });
  if (rows.length === 0) return 'It has no field of its own.';
  return ['| field | what it is | |', '| --- | --- | --- |', ...rows].join('\n');
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return inCell(`\`${JSON.stringify(schema.const)}\``);
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map(typeText).join(' or ');
  if (schema.type === 'array') return arrayText(schema);
  if (schema.type === 'object') return objectText(schema);
  return inCell(typeNames[String(schema.type)] ?? String(schema.type));
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
};

function arrayText({ items, prefixItems }: JsonSchema): string {
  if (prefixItems !== undefined) return `a list of ${prefixItems.length}`;
  if (items === undefined || typeof items === 'boolean' || Array.isArray(items)) return 'a list';
  if ((items.anyOf ?? items.oneOf ?? []).length > 5) return 'a list, see the kinds';
  return items.type === 'object' ? 'a list of objects' : `a list: ${typeText(items)}`;
}

function objectText({ properties, required = [] }: JsonSchema): string {
  if (properties === undefined) return 'an object by name';
  const fields = Object.entries(properties).map(([name, field]) => {
    const isConst = typeof field !== 'boolean' && field.const !== undefined;
    const value = isConst ? `: \`${JSON.stringify(field.const)}\`` : '';
    return `\`${name}\`${value}${required.includes(name) ? '' : '?'}`;
  });
  return `{ ${fields.join(', ')} }`;
}

/** A vertical bar would end the cell. */
function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
