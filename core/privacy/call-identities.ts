import { replaceEmails } from '../events/email-address.ts';
import { isJsonObject } from '../events/json-value.ts';
import { emailSha256, type IdentityHasher, identityRef } from '../identity/identity-key.ts';

/** Where a call states ids, besides itself. */
const PARTS = ['context', 'traits', 'properties'] as const;
const USER_ID_NAMES = ['userId', 'user_id'] as const;
const DEVICE_ID_NAMES = ['anonymousId', 'anonymous_id'] as const;
/** Of an `alias`: a device's or a user's. */
const FORMER_ID_NAMES = ['previousId', 'previous_id'] as const;
const SHA256_HEX = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/gi;

/**
 * References of every identity that a call names which was refused, and so may have any form: ids in the
 * places in which calls have ids, a number as its digits, and addresses wherever they stand, raw or hashed.
 * An id is looked for in its places alone: elsewhere `42` is an item or an amount.
 */
export function refsOfCall(call: unknown, text: string, hasher: IdentityHasher): Set<string> {
  const refs = new Set(refsOfAddresses(text, hasher));
  if (!isJsonObject(call)) return refs;
  for (const part of [call, ...PARTS.map((name) => call[name])]) {
    for (const id of idsIn(part, [...USER_ID_NAMES, ...FORMER_ID_NAMES])) {
      refs.add(identityRef(hasher.of('userId', id)));
    }
    for (const id of idsIn(part, [...DEVICE_ID_NAMES, ...FORMER_ID_NAMES])) {
      refs.add(identityRef(hasher.of('anonymousId', id)));
    }
  }
  return refs;
}

/** References of the addresses in a text, raw or as their SHA-256. */
export function refsOfAddresses(text: string, hasher: IdentityHasher): string[] {
  const hashes = (text.match(SHA256_HEX) ?? []).map((hex) => hex.toLowerCase());
  replaceEmails(text, (address) => {
    hashes.push(emailSha256(address.replace('%40', '@')));
    return address;
  });
  return hashes.map((sha256) => identityRef(hasher.ofEmailSha256(sha256)));
}

function idsIn(part: unknown, names: readonly string[]): string[] {
  if (!isJsonObject(part)) return [];
  return names.flatMap((name) => {
    const value = part[name];
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
  });
}
