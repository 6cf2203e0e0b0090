import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdentityHasher, identityOf } from '../../core/identity/identity-key.ts';

/** The definition, by the library's own HMAC. */
function reference(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest().subarray(0, 16).toString('base64url');
}

describe('an identity', () => {
  it('is the HMAC-SHA-256 of kind and value, whatever the secret and the value are', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ minLength: 600, maxLength: 3_000 }),
    );
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 200 }),
        fc.array(value),
        (secret, values) => {
          const hasher = new IdentityHasher(secret);
          // Twice each: what is remembered must be what was computed.
          for (const one of [...values, ...values]) {
            expect(hasher.of('userId', one).key).toBe(reference(`userId:${one}`, secret));
            expect(identityOf('anonymousId', one, secret).key).toBe(
              reference(`anonymousId:${one}`, secret),
            );
          }
        },
      ),
    );
  });
});
