/**
 * The parts of JSON text in bytes, in the plain form that every client's serialiser writes: no white space
 * between the parts, no escape but the shortest, numbers as they are said. Each function takes the place
 * where a part begins and gives the one behind its end, or NOT_PLAIN: nothing is said of such text but that
 * it is to be read by a real parser. Source of the grammar: RFC 8259; of the plain form: what
 * `JSON.stringify` gives (ECMA-262, SerializeJSONProperty).
 */

export const NOT_PLAIN = -1;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
export const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LAST_ASCII = 0x7e;

/** Digits up to which a decimal number is the shortest form of the double that it is read as. */
const DIGITS_MAX = 15;
/** Below a millionth `JSON.stringify` writes an exponent. */
const FRACTION_DIGITS_MAX = 6;

/** Text in quotes. */
export function textEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== QUOTE) return NOT_PLAIN;
  let at = start + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < SPACE || byte === 0x7f) return NOT_PLAIN;
    if (byte === BACKSLASH) {
      at += 1;
      if (!isShortEscape(bytes[at])) return NOT_PLAIN;
    }
    at += 1;
  }
}

/** Printable ASCII in quotes, without escapes, of one character at least. */
export function asciiTextEnd(bytes: Uint8Array, start: number, charactersMax: number): number {
  if (bytes[start] !== QUOTE) return NOT_PLAIN;
  let at = start + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < SPACE || byte > LAST_ASCII || byte === BACKSLASH) {
      return NOT_PLAIN;
    }
    if (byte === QUOTE) break;
    at += 1;
  }
  const length = at - start - 1;
  return length > 0 && length <= charactersMax ? at + 1 : NOT_PLAIN;
}

/** `\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`: any other character is written as it is, or as no plain text has it. */
function isShortEscape(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

/** A number in the form that `JSON.stringify` gives it, without an exponent. */
export function numberEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = digitsEnd(bytes, first);
  const wholeDigits = at - first;
  const isZero = bytes[first] === ZERO;
  if (wholeDigits === 0 || (isZero && wholeDigits > 1)) return NOT_PLAIN;
  let fractionDigits = 0;
  if (bytes[at] === POINT) {
    const fraction = at + 1;
    at = digitsEnd(bytes, fraction);
    fractionDigits = at - fraction;
    const isShortest = fractionDigits > 0 && bytes[at - 1] !== ZERO;
    if (!isShortest || fractionDigits > FRACTION_DIGITS_MAX) return NOT_PLAIN;
  } else if (isZero && first > start) return NOT_PLAIN;
  return wholeDigits + fractionDigits <= DIGITS_MAX ? at : NOT_PLAIN;
}

function digitsEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < ZERO || byte > NINE) return at;
    at += 1;
  }
}

/** `null`. */
export function nullEnd(bytes: Uint8Array, start: number): number {
  const isNull =
    bytes[start] === 0x6e &&
    bytes[start + 1] === 0x75 &&
    bytes[start + 2] === 0x6c &&
    bytes[start + 3] === 0x6c;
  return isNull ? start + 4 : NOT_PLAIN;
}

/** `true` or `false`. */
export function flagEnd(bytes: Uint8Array, start: number): number {
  const isTrue =
    bytes[start] === 0x74 &&
    bytes[start + 1] === 0x72 &&
    bytes[start + 2] === 0x75 &&
    bytes[start + 3] === 0x65;
  if (isTrue) return start + 4;
  const isFalse =
    bytes[start] === 0x66 &&
    bytes[start + 1] === 0x61 &&
    bytes[start + 2] === 0x6c &&
    bytes[start + 3] === 0x73 &&
    bytes[start + 4] === 0x65;
  return isFalse ? start + 5 : NOT_PLAIN;
}
