import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentedEvents } from '../../core/events/event-documentation.ts';
import type { JsonSchema } from '../../core/events/json-schema.ts';
import { jsonSchemaOf } from '../../core/events/json-schema.ts';
import { isJsonObject } from '../../core/events/json-value.ts';
import { breaksBetween, explainBreaks } from '../../core/events/schema-evolution.ts';

const RECORDS = 'test/golden/event-schemas';
const records = readdirSync(RECORDS).map((file): JsonSchema => {
  const record: unknown = JSON.parse(readFileSync(`${RECORDS}/${file}`, 'utf8'));
  if (!isJsonObject(record)) throw new Error(`${file} is no schema`);
  return record;
});

describe('a recorded version of an event', () => {
  it.each(records.map((record) => [`${record.title} ${record.version}`, record]))(
    '%s is still accepted',
    (_name, record) => {
      const event = String(record.title);
      const today = documentedEvents.find(({ name }) => name === event);
      expect(today, `“${event}” was removed; its events would go unchecked`).toBeDefined();
      if (today === undefined || today.version !== record.version) return;
      const breaks = breaksBetween(record, jsonSchemaOf(today));
      expect(breaks, explainBreaks(event, today.version, breaks)).toEqual([]);
      for (const example of Array.isArray(record.examples) ? record.examples : []) {
        expect(today.properties.safeParse(example).success, 'a recorded example').toBe(true);
      }
    },
  );

  it('exists for every event of today', () => {
    expect(records.length).toBeGreaterThanOrEqual(34);
  });
});

const before: JsonSchema = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: ['string', 'integer'], maxLength: 10 },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    size: { enum: ['s', 'm'] },
    count: { type: 'integer', minimum: 0 },
    lines: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' } } } },
  },
};
const withField = (name: string, schema: JsonSchema): JsonSchema => ({
  ...before,
  properties: { ...Object(before.properties), [name]: schema },
});

describe('a change that would refuse yesterday’s events', () => {
  it.each<[string, JsonSchema, string]>([
    ['a new required field', { ...before, required: ['id', 'note'] }, 'note'],
    ['a narrowed type', withField('id', { type: 'string', maxLength: 10 }), 'id'],
    ['a bound that shrinks', withField('id', { type: ['string', 'integer'], maxLength: 9 }), 'id'],
    ['a bound that rises', withField('count', { type: 'integer', minimum: 1 }), 'count'],
    ['a new bound', withField('count', { type: 'integer', minimum: 0, maximum: 9 }), 'count'],
    ['a removed union member', withField('note', { type: 'string' }), 'note'],
    ['an enumeration that shrinks', withField('size', { enum: ['s'] }), 'size'],
    ['a new enumeration', withField('note', { enum: ['a', null] }), 'note'],
    [
      'a new pattern',
      withField('id', { type: ['string', 'integer'], maxLength: 10, pattern: 'a' }),
      'id',
    ],
    [
      'a narrowed type inside a list',
      withField('lines', {
        type: 'array',
        items: { type: 'object', properties: { price: { type: 'integer' } } },
      }),
      'lines[].price',
    ],
    ['closing it to other fields', { ...before, additionalProperties: false }, ''],
    ['a keyword nobody understands', withField('id', { not: {} }), 'id'],
  ])('by %s is found with its place', (_name, after, path) => {
    expect(breaksBetween(before, after)).toContainEqual({ path, reason: expect.any(String) });
  });

  it('is explained with the event, the field, the cause and the remedy', () => {
    const breaks = breaksBetween(before, { ...before, required: ['id', 'note'] });
    expect(explainBreaks('Quiz Finished', 1, breaks)).toBe(
      [
        '“Quiz Finished” would refuse events that version 1 accepted:',
        '  note: is required now',
        'Loosen the schema again, or raise the version of “Quiz Finished” and upcast what version 1 wrote.',
      ].join('\n'),
    );
  });
});

describe('a harmless change', () => {
  it.each<[string, JsonSchema]>([
    ['none', before],
    ['another description', { ...before, description: 'Another' }],
    ['a new optional field', withField('colour', { type: 'string' })],
    ['a field no longer required', { ...before, required: [] }],
    ['a wider type', withField('count', { type: 'number', minimum: 0 })],
    ['a looser bound', withField('count', { type: 'integer' })],
    ['one more value', withField('size', { enum: ['s', 'm', 'l'] })],
    ['a field given free', withField('size', {})],
    ['the same union, written otherwise', withField('note', { type: ['null', 'string'] })],
  ])('passes: %s', (_name, after) => {
    expect(breaksBetween(before, after)).toEqual([]);
  });
});
