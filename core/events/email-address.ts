/**
 * Finds email addresses in text, in time proportional to its length: a regular expression that
 * starts with "any number of letters" would take quadratic time on text made for it.
 */

/** Longest address that mail servers carry (RFC 5321). */
const ADDRESS_CHARACTERS_MAX = 254;

/** Characters of the part before the @ (RFC 5322 atext and the dot), any script's letters included. */
const LOCAL_CHARACTER = /[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
/** The same inside a longer text, without what separates the parts of a URL or of a sentence. */
const LOCAL_CHARACTER_IN_TEXT = /[\p{L}\p{M}\p{N}.!$%'*+^_`{|}~-]/u;
const DOMAIN_CHARACTER = /[\p{L}\p{M}\p{N}.-]/u;
/** A dot and a last label with a letter in it, so that `5@3.50` is a price and not an address. */
const DOMAIN_END = /^(.+\.)(?=[^.]*\p{L})[^.]{2,}$/u;

/** An address in a URL's query has its @ percent-encoded. */
const AT_SIGNS = /@|%40/g;

/** How an address is written once it has been hashed: it stays an email identity, without the address. */
export const HASHED_EMAIL_PREFIX = 'email_sha256:';
/** An @ behind anything but a quote; behind one that is escaped (`"\\"anna b\\"@example.com"`); encoded ones. */
const MAY_HOLD_EMAIL_IN_JSON = /[^"]@|\\"@|%40|\\u0040/;
const SHA256_HEX = /^[0-9a-f]{64}$/i;

/** Whether a text may hold an address: cheap, and true too often rather than too rarely. */
export function mayHoldEmail(text: string): boolean {
  return text.includes('@') || text.includes('%40') || /\\u0040/.test(text);
}

/**
 * As `mayHoldEmail`, of JSON text: an @ that a text begins with belongs to no address. SDKs of servers state
 * `"@segment/analytics-node"` in every call.
 */
export function jsonMayHoldEmail(json: string): boolean {
  return mayHoldEmail(json) && MAY_HOLD_EMAIL_IN_JSON.test(json);
}

/** Whether the whole text, spaces around it aside, is one address. */
export function isEmailAddress(text: string): boolean {
  return text.includes('@') && isOneAddress(text.trim());
}

/** The SHA-256 (hex) in a text that is a hashed address, with or without its prefix; or nothing. */
export function hashedEmail(text: string): string | undefined {
  const trimmed = text.trim();
  const hex = trimmed.startsWith(HASHED_EMAIL_PREFIX)
    ? trimmed.slice(HASHED_EMAIL_PREFIX.length)
    : trimmed;
  return SHA256_HEX.test(hex) ? hex.toLowerCase() : undefined;
}

/** The text with each address in it replaced by what `replacement` says. */
export function replaceEmails(text: string, replacement: (address: string) => string): string {
  if (!text.includes('@') && !text.includes('%40')) return text;
  if (isOneAddress(text.trim())) return replacement(text);
  let replaced = '';
  let copiedTo = 0;
  for (const { start, end } of addressesIn(text, LOCAL_CHARACTER_IN_TEXT)) {
    replaced += text.slice(copiedTo, start) + replacement(text.slice(start, end));
    copiedTo = end;
  }
  return copiedTo === 0 ? text : replaced + text.slice(copiedTo);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Alone in a text an address may have every character that RFC 5322 allows; its @ may be encoded. */
function isOneAddress(text: string): boolean {
  if (text.length > ADDRESS_CHARACTERS_MAX) return false;
  const [only] = addressesIn(text, LOCAL_CHARACTER);
  return only !== undefined && only.start === 0 && only.end === text.length;
}

/** The addresses of a text from left to right, none overlapping. */
function addressesIn(text: string, localCharacter: RegExp): Span[] {
  const spans: Span[] = [];
  let free = 0;
  for (const at of text.matchAll(AT_SIGNS)) {
    if (at.index < free) continue;
    const narrow = localStart(text, at.index, free, localCharacter);
    // `a/@example.com`: what looked like a separator is all there is of the name.
    const start = narrow < at.index ? narrow : localStart(text, at.index, free, LOCAL_CHARACTER);
    const end = domainEnd(text, at.index + at[0].length);
    if (start < at.index && end !== undefined) {
      spans.push({ start, end });
      free = end;
    } else {
      // What stands before this @ belongs to no later address: each character is looked at once.
      free = at.index + at[0].length;
    }
  }
  return spans;
}

function localStart(text: string, at: number, free: number, localCharacter: RegExp): number {
  // The quoted form, "anna b"@example.com.
  if (text[at - 1] === '"') {
    const quote = text.lastIndexOf('"', at - 2);
    return quote >= free && at - quote <= ADDRESS_CHARACTERS_MAX ? quote : at;
  }
  let start = at;
  while (start > free && localCharacter.test(characterBefore(text, start))) {
    start -= characterBefore(text, start).length;
  }
  return start;
}

function domainEnd(text: string, from: number): number | undefined {
  let end = from;
  while (end < text.length && end - from < ADDRESS_CHARACTERS_MAX) {
    const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
    if (!DOMAIN_CHARACTER.test(character)) break;
    end += character.length;
  }
  // A full stop or a hyphen after an address belongs to the sentence.
  while (end > from && /[.-]/.test(text[end - 1] ?? '')) end -= 1;
  return DOMAIN_END.test(text.slice(from, end)) ? end : undefined;
}

function characterBefore(text: string, index: number): string {
  const unit = text.charCodeAt(index - 1);
  const isLowSurrogate = unit >= 0xdc00 && unit <= 0xdfff;
  return text.slice(index - (isLowSurrogate && index >= 2 ? 2 : 1), index);
}
