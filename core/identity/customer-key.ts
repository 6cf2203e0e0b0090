import type { Identity } from '../events/event.ts';
import { emailSha256Identity, identityOf } from './identity-key.ts';

/** The longest id that any known shop system or ESP uses is far shorter. */
const KEY_LENGTH_MAX = 256;

/** What a request says about whom it is for. */
export type CustomerKey =
  | { readonly kind: 'absent' }
  /** An opaque key: a user id, the SHA-256 of an email, `anon:` and an anonymous id, or a profile id. */
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
  if (value.length > KEY_LENGTH_MAX) return { kind: 'refused', cause: 'length' };
  return { kind: 'opaque', value };
}

/** The identities that an opaque key may stand for, the most likely first. */
export function identitiesOfKey(value: string, secret: string): Identity[] {
  const anonymous = /^anon:(.+)$/.exec(value)?.[1];
  if (anonymous !== undefined) return [identityOf('anonymousId', anonymous, secret)];
  const userId = identityOf('userId', value, secret);
  return /^[0-9a-f]{64}$/i.test(value) ? [emailSha256Identity(value, secret), userId] : [userId];
}
