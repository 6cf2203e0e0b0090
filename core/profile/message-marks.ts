/**
 * The marks of the latest messages of a customer, as one text of at most MARKS_LENGTH_MAX and a few
 * characters: a hash per message, grouped by the minute in which the messages arrived, newest first.
 *
 *   group = minute (4 characters) · number of marks − 1 (1) · marks (7 each, greatest first)
 *
 * A visit's messages share minutes and a client's batch shares one, so that a mark costs 7 to 12
 * characters. A mark is kept while the newer ones weigh less than MARKS_LENGTH_MAX; what is newer than
 * a mark can only grow, so whatever order marks come in, the same are kept.
 */

/** At least 64 messages, each in a minute of its own; 109 in one minute. */
export const MARKS_LENGTH_MAX = 768;

export interface MessageMark {
  /** Minutes since 2020, four digits in base 64: sorts as text. */
  readonly minute: string;
  /** HASH_LENGTH characters. */
  readonly hash: string;
}

const MINUTE_LENGTH = 4;
const HASH_LENGTH = 7;
const HEAD_LENGTH = MINUTE_LENGTH + 1;
/** One digit says how many. */
const GROUP_MARKS_MAX = 64;

/** In the order of their codes, so that digits sort as text. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const EPOCH_MS = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;
/** Four digits last until the year 2051; later minutes are all the last one. */
const MINUTE_MAX = 64 ** MINUTE_LENGTH - 1;

/** Within one batch all times are alike. */
let lastMinute = { number: -1, text: '' };

export function minuteOf(timeMs: number): string {
  const number = Math.min(MINUTE_MAX, Math.max(0, Math.floor((timeMs - EPOCH_MS) / MINUTE_MS)));
  if (lastMinute.number !== number) lastMinute = { number, text: minuteText(number) };
  return lastMinute.text;
}

/** Whether this message has a mark. */
export function isMarked(marks: string, { hash }: MessageMark): boolean {
  // One native search for most messages, which are new; a find may lie across two marks.
  if (!marks.includes(hash)) return false;
  for (let at = 0; at < marks.length; at = nextGroup(marks, at)) {
    const end = nextGroup(marks, at);
    for (let place = at + HEAD_LENGTH; place < end; place += HASH_LENGTH) {
      if (marks.startsWith(hash, place)) return true;
    }
  }
  return false;
}

/** Whether there was room for every mark so far. */
export function isEveryMarkKept(marks: string): boolean {
  return weightOf(marks) < MARKS_LENGTH_MAX;
}

/** The end of the minute of the oldest mark: no mark that was let go is younger. */
export function oldestMinuteMs(marks: string): number {
  let last = 0;
  for (let at = 0; at < marks.length; at = nextGroup(marks, at)) last = at;
  const digits = [...marks.slice(last, last + MINUTE_LENGTH)];
  const minute = digits.reduce((sum, digit) => sum * 64 + DIGITS.indexOf(digit), 0);
  return EPOCH_MS + (minute + 1) * MINUTE_MS;
}

/** Adds one mark. Most are the newest, and no other group than the first is touched. */
export function withMark(marks: string, mark: MessageMark): string {
  const { minute, hash } = mark;
  const newest = marks.slice(0, MINUTE_LENGTH);
  if (minute > newest) return cut(`${minute}${DIGITS[0]}${hash}${marks}`);
  const end = nextGroup(marks, 0);
  const count = countAt(marks, 0);
  if (minute < newest || count === GROUP_MARKS_MAX) return combineMarks(marks, single(mark));
  let place = HEAD_LENGTH;
  while (place < end && marks.slice(place, place + HASH_LENGTH) > hash) place += HASH_LENGTH;
  if (marks.startsWith(hash, place) && place < end) return marks;
  const head = `${minute}${DIGITS[count]}`;
  return cut(head + marks.slice(HEAD_LENGTH, place) + hash + marks.slice(place));
}

/** The marks of both that are kept. Commutative, associative and idempotent. */
export function combineMarks(a: string, b: string): string {
  if (a === '' || b === '') return a === '' ? b : a;
  return marksText([...marksIn(a), ...marksIn(b)]);
}

/** Marks in any order as text, newest first, each once, as many as are kept. */
export function marksText(marks: Iterable<string | MessageMark>): string {
  const texts = Array.from(marks, (mark) =>
    typeof mark === 'string' ? mark : mark.minute + mark.hash,
  );
  const newestFirst = [...new Set(texts)].sort().reverse();
  let text = '';
  for (let from = 0; from < newestFirst.length; ) {
    const minute = newestFirst[from]?.slice(0, MINUTE_LENGTH) ?? '';
    let to = from + 1;
    while (newestFirst[to]?.startsWith(minute) && to - from < GROUP_MARKS_MAX) to += 1;
    const hashes = newestFirst.slice(from, to).map((mark) => mark.slice(MINUTE_LENGTH));
    text += `${minute}${DIGITS[to - from - 1]}${hashes.join('')}`;
    from = to;
  }
  return cut(text);
}

/** Whether it is such a text; what the store holds is checked with it. */
export function areMarks(text: string): boolean {
  let at = 0;
  while (at < text.length) at = nextGroup(text, at);
  return at === text.length && /^[-\w]*$/.test(text);
}

function single({ minute, hash }: MessageMark): string {
  return `${minute}${DIGITS[0]}${hash}`;
}

function* marksIn(marks: string): Iterable<string> {
  for (let at = 0; at < marks.length; at = nextGroup(marks, at)) {
    const minute = marks.slice(at, at + MINUTE_LENGTH);
    const end = nextGroup(marks, at);
    for (let place = at + HEAD_LENGTH; place < end; place += HASH_LENGTH) {
      yield minute + marks.slice(place, place + HASH_LENGTH);
    }
  }
}

/** A head per minute, not per group: what a mark weighs must not depend on the marks beside it. */
function weightOf(marks: string): number {
  let weight = 0;
  let minute = '';
  for (let at = 0; at < marks.length; at = nextGroup(marks, at)) {
    const next = marks.slice(at, at + MINUTE_LENGTH);
    weight += (next === minute ? 0 : HEAD_LENGTH) + countAt(marks, at) * HASH_LENGTH;
    minute = next;
  }
  return weight;
}

/** Without the marks that are no longer kept. */
function cut(marks: string): string {
  if (marks.length < MARKS_LENGTH_MAX) return marks;
  let weight = 0;
  let minute = '';
  for (let at = 0; at < marks.length; at = nextGroup(marks, at)) {
    if (weight >= MARKS_LENGTH_MAX) return marks.slice(0, at);
    const next = marks.slice(at, at + MINUTE_LENGTH);
    if (next !== minute) weight += HEAD_LENGTH;
    minute = next;
    const count = countAt(marks, at);
    // The first of its minute is kept in any case: its head weighs as a part of it.
    const keptMax = Math.max(1, Math.ceil((MARKS_LENGTH_MAX - weight) / HASH_LENGTH));
    if (keptMax < count) {
      const kept = marks.slice(at + HEAD_LENGTH, at + HEAD_LENGTH + keptMax * HASH_LENGTH);
      return `${marks.slice(0, at)}${next}${DIGITS[keptMax - 1]}${kept}`;
    }
    weight += count * HASH_LENGTH;
  }
  return marks;
}

function countAt(marks: string, at: number): number {
  return DIGITS.indexOf(marks.charAt(at + MINUTE_LENGTH)) + 1;
}

function nextGroup(marks: string, at: number): number {
  return at + HEAD_LENGTH + countAt(marks, at) * HASH_LENGTH;
}

function minuteText(number: number): string {
  let text = '';
  for (let rest = number, place = 0; place < MINUTE_LENGTH; place += 1) {
    text = DIGITS.charAt(rest % 64) + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}
