const ZERO = 0x30;
/** `"2026-11-23T09:15:00.123Z"`, with its quotes. */
const BYTES = 26;
/** Up to here no day needs its month looked up. */
const SHORTEST_MONTH_DAYS = 28;
const DAY_MS = 86_400_000;

/** The time in the form that `toISOString` gives, on a day that every month has; undefined for any other. */
export function plainTimeMs(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start !== BYTES) return undefined;
  const isForm =
    bytes[start + 5] === 0x2d &&
    bytes[start + 8] === 0x2d &&
    bytes[start + 11] === 0x54 &&
    bytes[start + 14] === 0x3a &&
    bytes[start + 17] === 0x3a &&
    bytes[start + 20] === 0x2e &&
    bytes[start + 24] === 0x5a;
  if (!isForm) return undefined;
  const year = two(bytes, start + 1) * 100 + two(bytes, start + 3);
  const month = two(bytes, start + 6);
  const day = two(bytes, start + 9);
  const hour = two(bytes, start + 12);
  const minute = two(bytes, start + 15);
  const second = two(bytes, start + 18);
  const millisecond = two(bytes, start + 21) * 10 + digit(bytes, start + 23);
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= SHORTEST_MONTH_DAYS;
  const isTime = hour < 24 && minute < 60 && second < 60;
  // Not a number where one is no digit: then nothing of this is true.
  if (!isDay || !isTime || !(year >= 1970) || !(millisecond >= 0)) return undefined;
  const secondOfDay = hour * 3_600 + minute * 60 + second;
  return daysSince1970(year, month, day) * DAY_MS + secondOfDay * 1_000 + millisecond;
}

/** Two digits; NaN for anything else. */
function two(bytes: Uint8Array, at: number): number {
  return digit(bytes, at) * 10 + digit(bytes, at + 1);
}

function digit(bytes: Uint8Array, at: number): number {
  const value = (bytes[at] ?? 0) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

/** In the Gregorian calendar. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
function daysSince1970(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(fromMarch / 400);
  const yearOfEra = fromMarch - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
