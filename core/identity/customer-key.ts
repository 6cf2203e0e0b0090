import { hashedEmail } from '../events/email-address.ts';
import type { Identity } from '../events/event.ts';
import { ID_CHARACTERS_MAX } from '../events/limits.ts';
import { emailSha256Identity, IdentityHasher, identityOf } from './identity-key.ts';

/** Tells an anonymous id from a user id, which may be the same word. */
const ANONYMOUS_PREFIX = 'anon:';
/** An ESP's name and what it computed of the address with its key. */
const ESP_HMAC = /^([a-z][a-z0-9-]{0,30}):([0-9a-f]{64})$/i;

/** What a request says about whom it is for. */
export type CustomerKey =
  | { readonly kind: 'absent' }
  /**
   * An opaque key: a user id, the SHA-256 of an email, an ESP's name and its HMAC of that, `anon:` and an
   * anonymous id, or a profile id.
   */
  | { readonly kind: 'opaque'; readonly value: string }
  /** Something that must not be used, shown or logged. */
  | { readonly kind: 'refused'; readonly cause: 'email' | 'length' };

/**
 * Reads the `customer` parameter. Whatever holds an at sign, also a doubly encoded or a full-width
 * one, is taken for an email address and refused.
 */
export function customerKeyOf(text: string | undefined): CustomerKey {
  const value = text?.trim() ?? '';
  if (value === '') return { kind: 'absent' };
  if (/[@＠﹫]|%(25)*40/i.test(value)) return { kind: 'refused', cause: 'email' };
  if (value.length > ID_CHARACTERS_MAX + ANONYMOUS_PREFIX.length)
    return { kind: 'refused', cause: 'length' };
  return { kind: 'opaque', value };
}

/** The identities that an opaque key may stand for, the most likely first. */
export function identitiesOfKey(value: string, secret: string): Identity[] {
  if (value.startsWith(ANONYMOUS_PREFIX)) {
    return [identityOf('anonymousId', value.slice(ANONYMOUS_PREFIX.length), secret)];
  }
  const userId = identityOf('userId', value, secret);
  const [, esp, hmac] = ESP_HMAC.exec(value) ?? [];
  if (esp !== undefined && hmac !== undefined) {
    return [new IdentityHasher(secret).ofEspHmac(esp.toLowerCase(), hmac), userId];
  }
  const sha256 = hashedEmail(value);
  // A run of 64 hex digits may also be somebody's opaque user id.
  return sha256 === undefined ? [userId] : [emailSha256Identity(sha256, secret), userId];
}
