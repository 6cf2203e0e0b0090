import { describe, expect, it } from 'vitest';
import {
  compileSchema,
  propertiesCheck,
  registeredSchema,
  replacementProblem,
} from '../../core/events/registered-schema.ts';
import { validateCall } from '../../core/events/validate-call.ts';

const quiz = {
  event: 'Quiz Finished',
  version: 1,
  schema: {
    type: 'object',
    required: ['score'],
    properties: { score: { type: 'integer', minimum: 0 }, level: { enum: ['easy', 'hard'] } },
  },
};
const checkIn = (mode: 'lenient' | 'strict') =>
  propertiesCheck(new Map([[quiz.event, compileSchema(quiz.schema)]]), mode);
const validate = (event: string, properties: unknown, mode: 'lenient' | 'strict' = 'lenient') =>
  validateCall(
    { type: 'track', userId: 'u', event, properties },
    { receivedAtMs: 0, check: checkIn(mode) },
  );

describe('an event with a schema of the customer’s own', () => {
  it('is taken where it satisfies it, with fields the schema does not name', () => {
    const properties = { score: 7, colour: 'blue' };
    expect(validate('Quiz Finished', properties)).toMatchObject({
      kind: 'valid',
      fields: { properties },
    });
  });

  it.each([
    [{ score: '7' }, 'properties.score', 'send 7 without quotes'],
    [{ score: -1 }, 'properties.score', 'at least 0'],
    [{}, 'properties.score', 'the field is required'],
    [undefined, 'properties.score', 'the field is required'],
    [{ score: 1, level: 'odd' }, 'properties.level', 'expected one of "easy", "hard"'],
  ])('is refused with the place and the remedy: %j', (properties, path, message) => {
    expect(validate('Quiz Finished', properties)).toMatchObject({
      reason: 'bad-properties',
      issues: [{ path, message: expect.stringContaining(message) }],
    });
  });

  it('without a schema is taken by a lenient source and refused by a strict one', () => {
    expect(validate('Poll Finished', {}).kind).toBe('valid');
    expect(validate('Poll Finished', {}, 'strict')).toMatchObject({
      reason: 'unregistered-event',
      issues: [{ path: 'event' }],
    });
    expect(validate('Product Viewed', { product_id: 'a' }, 'strict').kind).toBe('valid');
  });
});

describe('a schema document', () => {
  const nested = (levels: number): object =>
    levels === 0 ? {} : { type: 'object', properties: { a: nested(levels - 1) } };

  it('is taken with the keywords that are understood', () => {
    expect(registeredSchema.parse(quiz)).toMatchObject({ status: 'active' });
  });

  it.each([
    [
      'a regular expression',
      { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+' } } },
    ],
    ['a reference elsewhere', { type: 'object', properties: { a: { $ref: 'https://x.example' } } }],
    ['too many levels', nested(12)],
    ['too much text', { type: 'object', description: 'x'.repeat(40_000) }],
    ['no object', { type: 'string' }],
    ['a wrong keyword value', { type: 'object', properties: { a: { type: 'text' } } }],
    ['no statement of kind', { type: 'object', properties: { a: { minLength: 1 } } }],
  ])('is refused with %s', (_name, schema) => {
    expect(registeredSchema.safeParse({ ...quiz, schema }).success).toBe(false);
  });

  it('is refused for an event of the specs', () => {
    expect(registeredSchema.safeParse({ ...quiz, event: 'Product Viewed' }).success).toBe(false);
  });
});

describe('a document in the place of another', () => {
  const first = registeredSchema.parse(quiz);
  const stricter = registeredSchema.parse({
    ...quiz,
    schema: { ...quiz.schema, required: ['score', 'level'] },
  });

  it('may not break what the version accepted, unless it raises the version', () => {
    expect(replacementProblem(first, stricter)).toContain('level: is required now');
    expect(replacementProblem(first, { ...stricter, version: 2 })).toBeUndefined();
    expect(replacementProblem(stricter, first)).toBeUndefined();
    expect(replacementProblem(undefined, first)).toBeUndefined();
  });

  it('may not have a lower version', () => {
    expect(replacementProblem({ ...first, version: 3 }, first)).toContain('version 3');
  });
});
