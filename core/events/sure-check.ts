import * as z from 'zod';
import { hashedEmail, isEmailAddress } from './email-address.ts';
import {
  id,
  optionalAmount,
  optionalCount,
  optionalCurrency,
  optionalFlag,
  optionalId,
  optionalLabel,
  optionalObject,
  optionalPosition,
  optionalText,
} from './field.ts';
import { isJsonObject } from './json-value.ts';
import { NESTING_LEVELS_MAX } from './limits.ts';

/**
 * A predicate made from a zod schema: true only for a value that the schema surely accepts, gives
 * back as it is, and whose structure is safe (see structure.ts). False means "ask zod", never "bad".
 * Most events of real senders are plainly valid; one walk without a copy settles them.
 */
export type SureCheck = (value: unknown, level: number) => boolean;

/** Printable ASCII: what most ids are made of. */
const PLAIN_ID = /^[\x20-\x7e]{1,512}$/;
const UPPER_CURRENCY = /^[A-Z]{3}$/;
/** The plain form of most addresses; any other is looked at closely. */
const PLAIN_EMAIL = /^[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}\.(?:[a-z0-9-]{1,63}\.){0,3}[a-z]{2,20}$/i;

const isPlainId: SureCheck = (value) => typeof value === 'string' && PLAIN_ID.test(value);
const isText: SureCheck = (value) => typeof value === 'string' || value === null;
const isNumber: SureCheck = (value) => value === null || Number.isFinite(value);

/** A leaf's check by its schema itself: a field of another schema is never sure. */
const leaves: ReadonlyMap<z.core.$ZodType, SureCheck> = new Map<z.core.$ZodType, SureCheck>([
  [id, isPlainId],
  [optionalId, isPlainId],
  [optionalText, isText],
  [optionalAmount, isNumber],
  [optionalPosition, isNumber],
  [optionalCount, (value) => value === null || (Number.isFinite(value) && Number(value) >= 0)],
  [optionalFlag, (value) => typeof value === 'boolean' || value === null],
  [optionalLabel, (value) => typeof value === 'string' || isNumber(value, 0)],
  [optionalObject, (value, level) => value === null || isSafeObject(value, level)],
  [
    optionalCurrency,
    (value) => value === null || (typeof value === 'string' && UPPER_CURRENCY.test(value)),
  ],
]);

export const isSureEmail: SureCheck = (value) =>
  typeof value === 'string' &&
  (PLAIN_EMAIL.test(value) || isEmailAddress(value) || hashedEmail(value) !== undefined);

const isNever: SureCheck = () => false;

/** The check of a loose object; `special` gives those of fields that no leaf above stands for. */
export function sureCheckOf(
  schema: z.core.$ZodType,
  special: ReadonlyMap<z.core.$ZodType, SureCheck> = new Map(),
): SureCheck {
  const leaf = special.get(schema) ?? leaves.get(schema);
  if (leaf !== undefined) return leaf;
  if (schema instanceof z.ZodUnknown) return isSafe;
  if (schema instanceof z.ZodOptional) return sureCheckOf(schema.unwrap(), special);
  if (schema instanceof z.ZodNullable) {
    const inner = sureCheckOf(schema.unwrap(), special);
    return (value, level) => value === null || inner(value, level);
  }
  if (schema instanceof z.ZodArray) return sureArray(sureCheckOf(schema.element, special));
  // Checks of a whole object (refinements) would be passed over.
  if (schema instanceof z.ZodObject && (schema.def.checks ?? []).length === 0) {
    return sureObject(schema, special);
  }
  return isNever;
}

function sureArray(isSureEntry: SureCheck): SureCheck {
  return (value, level) => {
    if (!Array.isArray(value) || level > NESTING_LEVELS_MAX) return false;
    for (let index = 0; index < value.length; index += 1) {
      if (!isSureEntry(value[index], level + 1)) return false;
    }
    return true;
  };
}

function sureObject(
  schema: z.ZodObject,
  special: ReadonlyMap<z.core.$ZodType, SureCheck>,
): SureCheck {
  const fields = new Map<string, SureCheck>();
  const required: string[] = [];
  for (const [name, field] of Object.entries(schema.shape)) {
    fields.set(name, sureCheckOf(field, special));
    if (!field.safeParse(undefined).success) required.push(name);
  }
  return (value, level) => {
    if (!isJsonObject(value) || level > NESTING_LEVELS_MAX) return false;
    for (const name in value) {
      const entry = value[name];
      const isSure = fields.get(name);
      if (isSure === undefined ? !isSafeField(name, entry, level) : !isSure(entry, level + 1)) {
        return false;
      }
    }
    for (const name of required) if (value[name] === undefined) return false;
    return true;
  };
}

/** Whether a value has neither too many levels nor a key `__proto__`. */
export const isSafe: SureCheck = (value, level) => {
  if (typeof value !== 'object' || value === null) return true;
  if (!Array.isArray(value)) return isSafeObject(value, level);
  if (level > NESTING_LEVELS_MAX) return false;
  for (const entry of value) if (!isSafe(entry, level + 1)) return false;
  return true;
};

export function isSafeObject(value: unknown, level: number): boolean {
  if (!isJsonObject(value) || level > NESTING_LEVELS_MAX) return false;
  for (const name in value) if (!isSafeField(name, value[name], level)) return false;
  return true;
}

function isSafeField(name: string, value: unknown, level: number): boolean {
  if (name === '__proto__') return false;
  return typeof value !== 'object' || value === null || isSafe(value, level + 1);
}
