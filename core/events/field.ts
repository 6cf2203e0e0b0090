import * as z from 'zod';
import { ID_CHARACTERS_MAX } from './limits.ts';

/** Control characters and halves of surrogate pairs: no id has them, and stores treat them differently. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const idText = z
  .string()
  .min(1)
  .max(ID_CHARACTERS_MAX)
  .refine((text) => !UNPRINTABLE.test(text), {
    message: 'has a control character or half a character in it; send the id as plain text',
  });

/**
 * An opaque id. Shops number their products, so a whole number is taken and kept as its digits; one
 * beyond 2^53 has already lost digits in JSON and is refused.
 */
export const id = z.preprocess(digitsOf, idText).meta({
  type: ['string', 'integer'],
});

/** An id that may be missing; SDKs send null or an empty string for that. */
export const optionalId = z
  .preprocess(
    (value) => (value === '' || value === null ? undefined : digitsOf(value)),
    idText.optional(),
  )
  // The empty text is taken too, so the bound at the lower end does not hold on the wire.
  .meta({ type: ['string', 'integer', 'null'], minLength: 0 });

/** Text that may be missing; null counts as missing. */
export const optionalText = z.string().nullish();

/** A label that some number and others name, such as a position or a rating; kept as it came. */
export const optionalLabel = z
  .union([z.string(), z.number()], { error: 'expected a text or a number' })
  .nullish();

/** An object of fields that nobody has agreed on; null counts as missing. */
export const optionalObject = z.looseObject({}).nullish();

/** An amount in major units (pounds, euros), as the Segment e-commerce spec has it. */
export const optionalAmount = z.number().nullish();

/** A price or a quantity: never below zero, refunds are events of their own. */
export const optionalCount = z.number().min(0).nullish();

/** A place in a list or in a sequence of steps. */
export const optionalPosition = z.number().nullish();

export const optionalFlag = z.boolean().nullish();

/** ISO 4217, kept in upper case. */
export const optionalCurrency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, {
    message: 'expected a currency code of three letters such as GBP, not a symbol or a name',
  })
  .toUpperCase()
  .nullish();

function digitsOf(value: unknown): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
}
