const DAY_CHARACTERS = 10;
const TIME_CHARACTERS = 24;
const ZERO = 48;

/** Times of one day come in rows. */
const lastDay = { text: '', startMs: Number.NaN };

/**
 * `Date.parse` of a time in the form of `toISOString`, in a sixth of the time; NaN where it can't be one. What is of
 * another form, or outside the years 0 to 9999, is left to `Date.parse`.
 */
export function isoTimeMs(text: string): number {
  if (text.length !== TIME_CHARACTERS || !text.endsWith('Z')) return Date.parse(text);
  if (!text.startsWith(lastDay.text) || lastDay.text === '') {
    const timeMs = Date.parse(text);
    if (Number.isNaN(timeMs)) return timeMs;
    lastDay.text = text.slice(0, DAY_CHARACTERS);
    lastDay.startMs = Date.parse(lastDay.text);
    return timeMs;
  }
  const hours = twoDigits(text, 11);
  const minutes = twoDigits(text, 14);
  const seconds = twoDigits(text, 17);
  const thousandths = twoDigits(text, 20) * 10 + text.charCodeAt(22) - ZERO;
  const isTime =
    hours < 24 && minutes < 60 && seconds < 60 && thousandths >= 0 && isPunctuated(text);
  if (!isTime) return Date.parse(text);
  return lastDay.startMs + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + thousandths;
}

/** NaN where these are no digits, which compares as no time does. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  const areDigits = tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
  return areDigits ? tens * 10 + ones : Number.NaN;
}

function isPunctuated(text: string): boolean {
  const last = text.charCodeAt(22) - ZERO;
  return (
    text[10] === 'T' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text[19] === '.' &&
    last >= 0 &&
    last <= 9
  );
}
