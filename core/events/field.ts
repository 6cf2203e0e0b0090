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
export const id = z.preprocess(digitsOf, idText);

/** An id that may be missing; SDKs send null or an empty string for that. */
export const optionalId = z.preprocess(
  (value) => (value === '' || value === null ? undefined : digitsOf(value)),
  idText.optional(),
);

/** Text that may be missing; null counts as missing. */
export const optionalText = z.string().nullish();

/** An amount in major units (pounds, euros), as the Segment e-commerce spec has it. */
export const optionalAmount = z.number().nullish();

/** A price or a quantity: never below zero, refunds are events of their own. */
export const optionalCount = z.number().min(0).nullish();

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
