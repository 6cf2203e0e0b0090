import type { Expectation, Tolerance } from './expectation.ts';

/** What an expectation says, as a sentence, where its author wrote none. */
export function titleOf(one: Expectation): string {
  return one.title ?? madeUp(one);
}

function madeUp(one: Expectation): string {
  switch (one.kind) {
    case 'types':
      return one.columns === undefined
        ? 'Values are of their declared types'
        : `${listed(one.columns)} ${one.columns.length === 1 ? 'has its' : 'have their'} declared type`;
    case 'complete':
      return `${listed(one.columns)} ${one.columns.length === 1 ? 'is' : 'are'} never empty`;
    case 'range':
      return `${one.column} is ${boundsText(one)}`;
    case 'in':
      return `${one.column} is one of ${listed(one.values.slice(0, 5).map(String))}${one.values.length > 5 ? ' …' : ''}`;
    case 'notIn':
      return `${one.column} is none of ${listed(one.values.slice(0, 5).map(String))}${one.values.length > 5 ? ' …' : ''}`;
    case 'matches':
      return `${one.column} matches ${one.pattern}`;
    case 'notMatches':
      return `${one.column} does not match ${one.pattern}`;
    case 'format':
      return `${one.column} has the form of ${formatNames[one.format]}`;
    case 'compare':
      return `${one.left} ${one.operator} ${one.right}`;
    case 'unique':
      return `${listed(one.columns)} ${one.columns.length === 1 ? 'is' : 'together are'} unique`;
    case 'distinctRows':
      return 'No row is there twice';
    case 'oneValuePerKey':
      return `Each ${listed(one.key)} has one ${one.column}`;
    case 'reference':
      return `${listed(one.columns)} exists in ${one.dataset}`;
    case 'total':
      return `${one.total} is the sum of its lines`;
    case 'volume':
      return `There are ${volumeText(one.minimum, one.maximum)} rows`;
    case 'fresh':
      return `The newest ${one.column} is at most ${one.hoursMax} hours old`;
    case 'anomaly':
      return `${measureName(one)} a day is usual for the weekday${one.by === undefined ? '' : `, by ${listed(one.by)}`}`;
    case 'drift':
      return `${one.column} is distributed as in the ${one.trailingDays} days before`;
  }
}

const formatNames = {
  email: 'an email address',
  url: 'a URL',
  uuid: 'a UUID',
  sha256: 'a SHA-256 in hexadecimal',
  currency: 'a currency’s code (ISO 4217)',
  country: 'a country’s code (ISO 3166-1)',
  isoDate: 'a date as 2026-01-31',
  isoTime: 'a time as 2026-01-31T12:00:00Z',
} as const;

function measureName({ measure }: Extract<Expectation, { kind: 'anomaly' }>): string {
  switch (measure.of) {
    case 'rows':
      return 'The number of rows';
    case 'sum':
      return `The sum of ${measure.column}`;
    case 'mean':
      return `The mean ${measure.column}`;
    case 'missingShare':
      return `The share of empty ${measure.column}`;
    case 'distinct':
      return `The number of different ${measure.column}`;
  }
}

function boundsText(one: Extract<Expectation, { kind: 'range' }>): string {
  const parts = [
    one.exclusiveMinimum === undefined ? [] : `above ${one.exclusiveMinimum}`,
    one.minimum === undefined ? [] : `at least ${one.minimum}`,
    one.exclusiveMaximum === undefined ? [] : `below ${one.exclusiveMaximum}`,
    one.maximum === undefined ? [] : `at most ${one.maximum}`,
  ].flat();
  return parts.length === 0 ? 'any value' : parts.join(' and ');
}

export function volumeText(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) {
    return `${counted(minimum)} to ${counted(maximum)}`;
  }
  if (minimum !== undefined) return `at least ${counted(minimum)}`;
  return maximum === undefined ? 'any number of' : `at most ${counted(maximum)}`;
}

export function allowedText(atMost: Tolerance | undefined, counting: 'rows' | 'keys'): string {
  if (atMost === undefined) return `no ${counting}`;
  if ('share' in atMost) return `at most ${percent(atMost.share)} of ${counting}`;
  return `at most ${counted(atMost.count)} ${counting}`;
}

/** `541,909`. */
export function counted(count: number): string {
  return count.toLocaleString('en-GB', { maximumFractionDigits: 0 });
}

/** Shares below a hundredth of a percent are told as such: they are not nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0001) return '< 0.01 %';
  return `${(share * 100).toLocaleString('en-GB', { maximumFractionDigits: 2 })} %`;
}

/** Four significant digits, without an exponent. */
export function measured(value: number): string {
  if (Math.abs(value) >= 1_000) return counted(value);
  return value.toLocaleString('en-GB', { maximumSignificantDigits: 4 });
}

function listed(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
