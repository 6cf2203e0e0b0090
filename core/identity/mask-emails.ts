import { HASHED_EMAIL_PREFIX, replaceEmails } from '../events/email-address.ts';
import { NESTING_LEVELS_MAX } from '../events/limits.ts';
import { emailSha256 } from './identity-key.ts';

/** What stands in an event's text where an address was. */
export const EMAIL_MASK = '(email)';

/** Stands where quarantine leaves out what no real event has. */
const TOO_DEEP = '(nested too deep: left out)';

/** For accepted events: the address goes, nothing comes in its place that could be joined on. */
export function masked(): string {
  return EMAIL_MASK;
}

/** For quarantine: replay can still tell whose event it is, because the collector takes this form as an email. */
export function hashed(address: string): string {
  // In a URL's query the @ is percent-encoded; the identity is that of the plain address.
  return `${HASHED_EMAIL_PREFIX}${emailSha256(address.replace('%40', '@'))}`;
}

/**
 * A copy of a JSON value in which every address, in values and in keys, is replaced.
 */
export function withoutEmails(
  value: unknown,
  replacement: (address: string) => string,
  level = 1,
): unknown {
  if (typeof value === 'string') return replaceEmails(value, replacement);
  if (typeof value !== 'object' || value === null) return value;
  // One level more than validation allows: the envelope around an event's parts.
  if (level > NESTING_LEVELS_MAX + 1) return TOO_DEEP;
  if (Array.isArray(value)) {
    return value.map((entry) => withoutEmails(entry, replacement, level + 1));
  }
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => [
    replaceEmails(key, replacement),
    withoutEmails(entry, replacement, level + 1),
  ]);
  // `fromEntries` defines keys instead of assigning them, so that even `__proto__` stays data.
  return Object.fromEntries(entries);
}
