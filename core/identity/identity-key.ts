import { createHash, createHmac } from 'node:crypto';
import type { Identity, IdentityKind } from '../events/event.ts';

/** Bits kept of each HMAC: 128 are collision-free for any number of customers and halve the item size. */
const KEY_BYTES = 16;

/**
 * Turns a raw identifier into the form that is stored: HMAC-SHA-256 under the environment's
 * identity secret, truncated to 128 bits, base64url. An email is first normalised (trimmed, lower
 * case) and hashed with SHA-256, so that an ESP, which can compute only the plain SHA-256, can ask
 * for the same customer with `emailSha256Identity`.
 */
export function identityOf(kind: IdentityKind, value: string, secret: string): Identity {
  if (kind === 'email') return emailSha256Identity(emailSha256(value), secret);
  return { kind, key: hmac(`${kind}:${value}`, secret) };
}

/** The identity of a customer whose email's SHA-256 (64 hex digits of the normalised address) is known. */
export function emailSha256Identity(sha256Hex: string, secret: string): Identity {
  return { kind: 'email', key: hmac(`email:${sha256Hex.toLowerCase()}`, secret) };
}

/** SHA-256, in lower-case hex, of the trimmed, lower-cased address: the form ESPs and ad networks use. */
export function emailSha256(address: string): string {
  return createHash('sha256').update(address.trim().toLowerCase()).digest('hex');
}

/** The key under which an identity is stored: `kind#hmac`. */
export function identityRef(identity: Identity): string {
  return `${identity.kind}#${identity.key}`;
}

function hmac(text: string, secret: string): string {
  return createHmac('sha256', secret)
    .update(text)
    .digest()
    .subarray(0, KEY_BYTES)
    .toString('base64url');
}
