import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The token of ESPs that can send no headers: a link to one placement for one customer that works
 * until it expires, `<expiry>.<signature>` with
 *
 *   signature = base64url(HMAC-SHA-256(secret, "<placement>|<customer>|<expiry>"))
 *
 * and the expiry in seconds since 1970. A placement's id has no `|` and an expiry only digits, so no
 * two triples are signed alike, whatever the customer's key contains.
 */

/** What a token is good for. */
export interface TokenSubject {
  readonly placement: string;
  readonly customer: string;
}

/** In a token's place of the customer: for whomever an ESP's server asks. It never stands in a mail. */
export const ANY_CUSTOMER = '*';
/**
 * In a token's place of the customer: for whoever reads a mail, in which the token stands for all to see. It is
 * good for no key that could be guessed from a list of addresses.
 */
export const ANY_READER = '*reader';
const GUESSABLE_KEY = /^[0-9a-f]{64}$/i;

/** Whom a token may be made for to be good for this customer; `isInMail` where the request's address stands in mails. */
export function subjectsFor(
  { placement, customer }: TokenSubject,
  isInMail: boolean,
): TokenSubject[] {
  const own = { placement, customer };
  if (!isInMail) return [own, { placement, customer: ANY_CUSTOMER }];
  return GUESSABLE_KEY.test(customer) ? [own] : [own, { placement, customer: ANY_READER }];
}

/** The best verdict that a token gets for any of the subjects. */
export function verifyForAnyOf(
  token: string,
  subjects: readonly TokenSubject[],
  nowS: number,
  secret: string,
): TokenVerdict {
  const verdicts = subjects.map((subject) => verifySignedToken(token, subject, nowS, secret));
  return verdicts.find((verdict) => verdict !== 'invalid') ?? 'invalid';
}

/** `invalid` is any other: malformed, forged, or made for another placement or customer. */
export type TokenVerdict = 'valid' | 'expired' | 'invalid';

/** A SHA-256 in unpadded base64url. */
const SIGNATURE_CHARACTERS = 43;

const TOKEN_FORM = new RegExp(`^([1-9]\\d{0,11})\\.([A-Za-z0-9_-]{${SIGNATURE_CHARACTERS}})$`);

/** The largest expiry that the form's twelve digits can carry. */
const EXPIRY_MAX_S = 999_999_999_999;

/**
 * Signs a token. Throws a RangeError when the expiry is not a whole, positive number of seconds or
 * the placement contains `|`: both are mistakes of the caller.
 */
export function makeSignedToken(subject: TokenSubject, expiresAtS: number, secret: string): string {
  if (!Number.isInteger(expiresAtS) || expiresAtS < 1 || expiresAtS > EXPIRY_MAX_S) {
    throw new RangeError('a token expires at a whole, positive number of seconds since 1970');
  }
  if (subject.placement.includes('|')) throw new RangeError('a placement’s id has no "|"');
  const signature = sign(subject, String(expiresAtS), secret).toString('base64url');
  return `${expiresAtS}.${signature}`;
}

/** Judges a token in constant time with respect to the secret. It is good up to its expiry, not at it. */
export function verifySignedToken(
  token: string,
  subject: TokenSubject,
  nowS: number,
  secret: string,
): TokenVerdict {
  const [, expiry, signature] = TOKEN_FORM.exec(token) ?? [];
  if (expiry === undefined || signature === undefined) return 'invalid';
  if (subject.placement.includes('|')) return 'invalid';
  const expected = sign(subject, expiry, secret);
  const given = Buffer.from(signature, 'base64url');
  // The last character of 43 carries two bits that decoding drops; only its canonical form is ours.
  const isCanonical = given.toString('base64url') === signature;
  if (!timingSafeEqual(expected, given) || !isCanonical) return 'invalid';
  // Only a genuine token is told that it has expired.
  return Number(expiry) > nowS ? 'valid' : 'expired';
}

function sign({ placement, customer }: TokenSubject, expiry: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`${placement}|${customer}|${expiry}`).digest();
}
