import { hashedEmail, isEmailAddress } from '../events/email-address.ts';
import { isJsonObject } from '../events/json-value.ts';
import { emailSha256 } from './identity-key.ts';

/** The object with `email` replaced by `email_sha256`, whose value is added to `hashes`. */
export function takeEmail(value: unknown, hashes: string[]): unknown {
  if (!isJsonObject(value)) return value;
  const sha256 = typeof value.email === 'string' ? sha256OfAddress(value.email) : undefined;
  if (sha256 !== undefined) {
    hashes.push(sha256);
    const { email: _, ...rest } = value;
    return { ...rest, email_sha256: sha256 };
  }
  const stated =
    typeof value.email_sha256 === 'string' ? hashedEmail(value.email_sha256) : undefined;
  if (stated !== undefined) hashes.push(stated);
  return value;
}

/** The address's SHA-256 where an id is an address, raw or as quarantine writes it. */
export function sha256OfId(value: string): string | undefined {
  if (isEmailAddress(value)) return emailSha256(value);
  // Without its prefix a run of 64 hex digits is somebody's opaque id.
  return value.includes(':') ? hashedEmail(value) : undefined;
}

function sha256OfAddress(text: string): string | undefined {
  return isEmailAddress(text) ? emailSha256(text) : hashedEmail(text);
}
