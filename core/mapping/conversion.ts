/** What a mapping may do to a value on its way; each name also stands in the documentation. */
export const conversions = [
  'text',
  'number',
  'boolean',
  'epoch-seconds',
  'epoch-milliseconds',
  'lower-case',
  'minor-units',
  'negated',
  'subscription',
] as const;
export type Conversion = (typeof conversions)[number];

/** What each does, for the documentation. */
export const conversionMeanings: Readonly<Record<Conversion, string>> = {
  text: 'a number or a truth value as its text',
  number: 'a decimal text as a number',
  boolean: '`true`, `1`, `false`, `0` in any case of letters as a truth value',
  'epoch-seconds': 'seconds since 1970 as an ISO 8601 time',
  'epoch-milliseconds': 'milliseconds since 1970 as an ISO 8601 time',
  'lower-case': 'in small letters',
  'minor-units': 'hundredths as a decimal amount',
  negated: 'the opposite truth value',
  subscription: 'whether a state is `SUBSCRIBED`, and no other',
};

/** The value in the form that the unified schema asks for; what can't be converted stays as it is. */
export function converted(value: unknown, conversion: Conversion | undefined): unknown {
  if (conversion === undefined) return value;
  return converters[conversion](value) ?? value;
}

const NUMBER_TEXT = /^[+-]?\d+(\.\d+)?$/;

const converters: Readonly<Record<Conversion, (value: unknown) => unknown>> = {
  text: (value) => (typeof value === 'number' || typeof value === 'boolean' ? `${value}` : value),
  number: numberOf,
  boolean: (value) => truths.get(String(value).toLowerCase()),
  'epoch-seconds': (value) => isoTime(numberOf(value), 1000),
  'epoch-milliseconds': (value) => isoTime(numberOf(value), 1),
  'lower-case': (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  // Cents to euros; currencies without cents are not what the callers convert.
  'minor-units': (value) => {
    const amount = numberOf(value);
    return amount === undefined ? undefined : amount / 100;
  },
  // An opt-out as the consent that is left.
  negated: (value) => {
    const truth = truths.get(String(value).toLowerCase());
    return truth === undefined ? undefined : !truth;
  },
  // A state such as SUBSCRIBED or NOT_SUBSCRIBED: whether mail was agreed to.
  subscription: (value) =>
    typeof value === 'string' ? value.toLowerCase() === 'subscribed' : undefined,
};

const truths: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
]);

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMBER_TEXT.test(value) ? Number(value) : undefined;
}

/** Years 1970 to 9999; beyond, `toISOString` writes or throws what nobody reads. */
const EPOCH_MS_MAX = 253_402_300_799_999;

function isoTime(value: number | undefined, factorMs: number): string | undefined {
  if (value === undefined) return undefined;
  const timeMs = Math.round(value * factorMs);
  return timeMs >= 0 && timeMs <= EPOCH_MS_MAX ? new Date(timeMs).toISOString() : undefined;
}
