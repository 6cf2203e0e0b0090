import * as z from 'zod';
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
} from '../field.ts';
import { ID_CHARACTERS_MAX } from '../limits.ts';
import { isPlainName, NameTable, nameEnd, plainNameAt } from './names.ts';
import {
  asciiTextEnd,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  flagEnd,
  NOT_PLAIN,
  nullEnd,
  numberEnd,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  textEnd,
} from './tokens.ts';

/**
 * A walk over a value in JSON text, made from a zod schema: gives the place behind the value only where
 * the schema surely accepts it, gives it back as it is, and its text is plain (see tokens.ts) — so that
 * the text itself may go into a record. NOT_PLAIN means "parse it and ask zod", never "bad".
 */
export type PlainReader = (bytes: Buffer, start: number, level: number) => number;

/** Half of what validation allows. */
const LEVELS_MAX = 16;

const MINUS = 0x2d;

const readNever: PlainReader = () => NOT_PLAIN;
const readId: PlainReader = (bytes, start) => asciiTextEnd(bytes, start, ID_CHARACTERS_MAX);
const readText = orNull((bytes, start) => textEnd(bytes, start));
const readNumber = orNull((bytes, start) => numberEnd(bytes, start));
const readCount = orNull((bytes, start) =>
  bytes[start] === MINUS ? NOT_PLAIN : numberEnd(bytes, start),
);
const readFlag = orNull((bytes, start) => flagEnd(bytes, start));
const readLabel = orNull((bytes, start) =>
  bytes[start] === QUOTE ? textEnd(bytes, start) : numberEnd(bytes, start),
);
const readCurrency = orNull((bytes, start) => {
  const end = asciiTextEnd(bytes, start, 3);
  return end === start + 5 && [1, 2, 3].every((place) => isUpperCase(bytes[start + place]))
    ? end
    : NOT_PLAIN;
});

function isUpperCase(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

function orNull(read: PlainReader): PlainReader {
  return (bytes, start, level) => {
    const end = read(bytes, start, level);
    return end === NOT_PLAIN ? nullEnd(bytes, start) : end;
  };
}

/** Any value. */
export const readAny: PlainReader = (bytes, start, level) => {
  switch (bytes[start]) {
    case QUOTE:
      return textEnd(bytes, start);
    case OPEN_OBJECT:
      return readAnyObject(bytes, start, level);
    case OPEN_LIST:
      return readList(readAny, bytes, start, level);
    default: {
      const end = numberEnd(bytes, start);
      if (end !== NOT_PLAIN) return end;
      const flag = flagEnd(bytes, start);
      return flag === NOT_PLAIN ? nullEnd(bytes, start) : flag;
    }
  }
};

/** Any object. */
export const readAnyObject: PlainReader = readObjectOf([], new Map());

/** Readers of the fields that stand for themselves, by their schema. */
const leaves: ReadonlyMap<z.core.$ZodType, PlainReader> = new Map<z.core.$ZodType, PlainReader>([
  [id, readId],
  [optionalId, readId],
  [optionalText, readText],
  [optionalAmount, readNumber],
  [optionalPosition, readNumber],
  [optionalCount, readCount],
  [optionalFlag, readFlag],
  [optionalLabel, readLabel],
  [optionalObject, orNull(readAnyObject)],
  [optionalCurrency, readCurrency],
]);

/** `special` gives the readers of fields that no leaf above stands for. */
export function plainReaderOf(
  schema: z.core.$ZodType,
  special: ReadonlyMap<z.core.$ZodType, PlainReader> = new Map(),
): PlainReader {
  const leaf = special.get(schema) ?? leaves.get(schema);
  if (leaf !== undefined) return leaf;
  if (schema instanceof z.ZodUnknown) return readAny;
  if (schema instanceof z.ZodOptional) return plainReaderOf(schema.unwrap(), special);
  if (schema instanceof z.ZodNullable) return orNull(plainReaderOf(schema.unwrap(), special));
  if (schema instanceof z.ZodArray) {
    const readEntry = plainReaderOf(schema.element, special);
    return (bytes, start, level) => readList(readEntry, bytes, start, level);
  }
  // Checks of a whole object (refinements) would be passed over.
  if (!(schema instanceof z.ZodObject) || (schema.def.checks ?? []).length > 0) return readNever;
  const required: string[] = [];
  const fields = new Map<string, PlainReader>();
  for (const [name, field] of Object.entries(schema.shape)) {
    fields.set(name, isPlainName(name) ? plainReaderOf(field, special) : readNever);
    if (!field.safeParse(undefined).success) required.push(name);
  }
  return readObjectOf(required, fields);
}

function readObjectOf(
  required: readonly string[],
  fields: ReadonlyMap<string, PlainReader>,
): PlainReader {
  // Required names first: they are told by their place.
  const names = [...required, ...[...fields.keys()].filter((name) => !required.includes(name))];
  const readers = names.map((name) => fields.get(name) ?? readNever);
  const table = new NameTable(names);
  // In which object each name was seen last: what says that it is there twice.
  const seenIn = new Float64Array(names.length);
  let objectCount = 0;
  return (bytes, start, level) => {
    if (bytes[start] !== OPEN_OBJECT || level > LEVELS_MAX) return NOT_PLAIN;
    objectCount += 1;
    const self = objectCount;
    let missing = required.length;
    let others: string[] | undefined;
    let at = start;
    do {
      const name = at + 1;
      // Only an object without fields ends here.
      if (at === start && bytes[name] === CLOSE_OBJECT) return missing === 0 ? name + 1 : NOT_PLAIN;
      const value = nameEnd(bytes, name);
      if (value < 0 || bytes[value] !== COLON) return NOT_PLAIN;
      const index = table.find(bytes, name + 1, value - 1);
      const read = readers[index];
      if (read === undefined) {
        others ??= [];
        if (plainNameAt(bytes, name + 1, value - 1, others) === undefined) return NOT_PLAIN;
        at = readAny(bytes, value + 1, level + 1);
      } else {
        if (seenIn[index] === self) return NOT_PLAIN;
        seenIn[index] = self;
        if (index < required.length) missing -= 1;
        at = read(bytes, value + 1, level + 1);
      }
      if (at === NOT_PLAIN) return NOT_PLAIN;
    } while (bytes[at] === COMMA);
    return bytes[at] === CLOSE_OBJECT && missing === 0 ? at + 1 : NOT_PLAIN;
  };
}

function readList(readEntry: PlainReader, bytes: Buffer, start: number, level: number): number {
  if (bytes[start] !== OPEN_LIST || level > LEVELS_MAX) return NOT_PLAIN;
  if (bytes[start + 1] === CLOSE_LIST) return start + 2;
  let at = start;
  do {
    at = readEntry(bytes, at + 1, level + 1);
    if (at === NOT_PLAIN) return NOT_PLAIN;
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_LIST ? at + 1 : NOT_PLAIN;
}
