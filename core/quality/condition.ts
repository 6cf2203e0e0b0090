import * as z from 'zod';

/** Which rows an expectation looks at: all of its conditions must hold. A missing value meets none but `isMissing`. */

/** Of a data set's table; DuckDB takes any text. */
const NAME_CHARACTERS_MAX = 100;
const VALUES_MAX = 1_000;
const PATTERN_CHARACTERS_MAX = 500;

export const columnName = z
  .string()
  .min(1, { error: 'must name a column; it is empty' })
  .max(NAME_CHARACTERS_MAX, {
    error: `must be a column's name of at most ${NAME_CHARACTERS_MAX} characters`,
  });

/** A value to compare with: texts for texts and dates (ISO 8601), numbers for numbers. */
export const plainValue = z.union([z.string().max(500), z.number(), z.boolean()], {
  error: 'must be a text, a number, or true or false',
});
export type PlainValue = z.infer<typeof plainValue>;

export const plainValues = z
  .array(plainValue)
  .min(1, { error: 'must have at least one value' })
  .max(VALUES_MAX, { error: `must have at most ${VALUES_MAX} values` });

/**
 * A regular expression in RE2's syntax, which runs in linear time: no look-around, no back-references.
 * Source: https://github.com/google/re2/wiki/Syntax
 */
export const pattern = z
  .string()
  .min(1, { error: 'must be a regular expression; it is empty' })
  .max(PATTERN_CHARACTERS_MAX, { error: `must have at most ${PATTERN_CHARACTERS_MAX} characters` })
  .refine((text) => !/\(\?<?[=!]|\\[1-9]/.test(text), {
    error: 'has a look-around or back-reference, which RE2 has not; say it with two expectations',
  })
  .refine(isRegularExpression, {
    error: 'is no regular expression; look for brackets that do not close',
  });

/** The bounds of a range; a number for numbers, an ISO 8601 text for dates and times. */
const bound = z.union([z.number(), z.string().max(40)], {
  error: 'must be a number, or a date in quotes such as "2026-01-31"',
});
export const bounds = {
  minimum: bound.optional().describe('smallest value that is expected'),
  exclusiveMinimum: bound.optional().describe('values must be above it'),
  maximum: bound.optional().describe('largest value that is expected'),
  exclusiveMaximum: bound.optional().describe('values must be below it'),
};

export const condition = z
  .strictObject({
    column: columnName,
    in: plainValues.optional().describe('one of these'),
    notIn: plainValues.optional().describe('none of these'),
    matches: pattern.optional().describe('a regular expression that is found in it'),
    notMatches: pattern.optional().describe('a regular expression that is not found in it'),
    isMissing: z.boolean().optional().describe('whether it is empty'),
    ...bounds,
  })
  .refine((one) => Object.keys(one).length > 1, {
    error: 'must say something of its column: in, notIn, matches, notMatches, isMissing or a bound',
  });
export type Condition = z.infer<typeof condition>;

export const conditions = z
  .array(condition)
  .min(1, { error: 'must have at least one condition, or be left out' })
  .max(10, { error: 'must have at most 10 conditions' });

function isRegularExpression(text: string): boolean {
  try {
    // RE2 sets flags at the front, JavaScript doesn't.
    return new RegExp(text.replace(/^\(\?[ims]+\)/, '')) instanceof RegExp;
  } catch {
    return false;
  }
}
