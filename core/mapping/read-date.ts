/** Reads dates as exports write them. A reader is made once per mapping and used for every row. */
export type DateReader = (text: string) => number | undefined;

const ISO =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i;
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;
const TOKEN = /yyyy|MM|dd|HH|mm|ss/g;
const tokenDigits: Readonly<Record<string, string>> = {
  yyyy: '(\\d{4})',
  MM: '(\\d{1,2})',
  dd: '(\\d{1,2})',
  HH: '(\\d{1,2})',
  mm: '(\\d{2})',
  ss: '(\\d{2})',
};

/**
 * A reader for `iso`, `epoch-ms`, `epoch-s` or a pattern of yyyy MM dd HH mm ss. `zone` applies where
 * the text has none: `UTC`, an offset, or an IANA name.
 * @throws RangeError when the zone is unknown.
 */
export function createDateReader(format: string, zone: string): DateReader {
  if (format === 'epoch-ms') return (text) => readEpoch(text, 1);
  if (format === 'epoch-s') return (text) => readEpoch(text, 1000);
  const toUtc = zoneConverter(zone);
  return format === 'iso' ? (text) => readIso(text, toUtc) : patternReader(format, toUtc);
}

type ToUtc = (localMs: number) => number;

function readEpoch(text: string, factorMs: number): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) * factorMs : undefined;
}

function readIso(text: string, toUtc: ToUtc): number | undefined {
  const zone = ISO.exec(text);
  if (zone === null) return undefined;
  const isDateOnly = text.length === 10;
  const local = isDateOnly ? `${text}T00:00` : text.replace(' ', 'T');
  const timeMs = Date.parse(zone[1] === undefined ? `${local}Z` : local.toUpperCase());
  if (Number.isNaN(timeMs) || !isCalendarDay(text)) return undefined;
  return zone[1] === undefined ? toUtc(timeMs) : timeMs;
}

/** Date rolls 31 April over into May; a calendar doesn't. */
function isCalendarDay(isoText: string): boolean {
  const [year, month, day] = isoText.slice(0, 10).split('-').map(Number);
  return (day ?? 0) <= new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
}

function patternReader(format: string, toUtc: ToUtc): DateReader {
  const tokens: readonly string[] = format.match(TOKEN) ?? [];
  const escaped = format.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const expression = new RegExp(`^${escaped.replace(TOKEN, (token) => tokenDigits[token] ?? '')}$`);
  return (text) => {
    const found = expression.exec(text);
    if (found === null) return undefined;
    const part = (token: string, absent: number): number => {
      const place = tokens.indexOf(token);
      return place < 0 ? absent : Number(found[place + 1]);
    };
    const [year, month, day] = [part('yyyy', 1970), part('MM', 1), part('dd', 1)];
    const [hour, minute, second] = [part('HH', 0), part('mm', 0), part('ss', 0)];
    const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
    const isReal =
      date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
    return isReal && second < 60 ? toUtc(date.getTime()) : undefined;
  };
}

function zoneConverter(zone: string): ToUtc {
  if (zone === 'UTC') return (localMs) => localMs;
  const offset = OFFSET.exec(zone);
  if (offset !== null) {
    const offsetMs = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
    return (localMs) => (offset[1] === '+' ? localMs - offsetMs : localMs + offsetMs);
  }
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const localOf = (utcMs: number): number => {
    const parts = new Map(
      clock.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]),
    );
    const get = (name: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second') =>
      parts.get(name) ?? 0;
    return Date.UTC(
      get('year'),
      get('month') - 1,
      get('day'),
      get('hour'),
      get('minute'),
      get('second'),
    );
  };
  return (localMs) => {
    // Two steps: the offset at the first guess may belong to the other side of a clock change.
    const guessMs = localMs - (localOf(localMs) - localMs);
    return localMs - (localOf(guessMs) - guessMs);
  };
}
