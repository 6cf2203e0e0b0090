import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Verification } from './vendor-webhook.ts';

/** The source lacks a secret: the operator's to repair, so the sender should try again. */
export class SecretMissingError extends Error {
  override readonly name = 'SecretMissingError';

  constructor(secretName: string) {
    super(`the source has no secret "${secretName}"; add it to the sources' secret`);
  }
}

/**
 * The values of a secret: `<name>`, and `<name>Next` while a rotation is under way, when requests
 * signed with either are good.
 * @throws SecretMissingError when there is none.
 */
export function secretValues(secrets: Readonly<Record<string, string>>, name: string): string[] {
  const values = [secrets[name], secrets[`${name}Next`]].filter(
    (value): value is string => value !== undefined && value !== '',
  );
  if (values.length === 0) throw new SecretMissingError(name);
  return values;
}

/** Compares without telling by its time how much is equal; lengths don't show either. */
export function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** HMAC-SHA-256 of the parts one after the other, in lower-case hex. */
export function hmacSha256Hex(secret: string, parts: readonly (string | Buffer)[]): string {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

/** Whether any of the secrets made the signature, in hex of either case. */
export function isSignedByAny(
  secrets: readonly string[],
  signature: string,
  parts: readonly (string | Buffer)[],
): boolean {
  const given = signature.toLowerCase();
  // No early end: how many secrets there are is nobody's business either.
  return secrets
    .map((secret) => isSameText(hmacSha256Hex(secret, parts), given))
    .some((isSame) => isSame);
}

/** Verified when the signed time is near enough to now; call it only once the signature is good. */
export function verifiedWhenFresh(
  signedAtMs: number,
  { nowMs, toleranceMs }: { readonly nowMs: number; readonly toleranceMs: number },
): Verification {
  // Not a number compares as false, so it is stale.
  return Math.abs(nowMs - signedAtMs) <= toleranceMs ? VERIFIED : refused('stale');
}

export const VERIFIED: Verification = { kind: 'verified' };

export function refused(cause: Extract<Verification, { kind: 'refused' }>['cause']): Verification {
  return { kind: 'refused', cause };
}

const EPOCH_SECONDS = /^\d{1,12}$/;

/** Milliseconds of a time in whole epoch seconds; not a number where it isn't one. */
export function epochSecondsMs(text: string): number {
  return EPOCH_SECONDS.test(text) ? Number(text) * 1000 : Number.NaN;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
