import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sourceDocument } from '../../core/events/source.ts';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { customerKeyOf, identitiesOfKey } from '../../core/identity/customer-key.ts';
import {
  emailSha256Identity,
  espKey,
  IdentityHasher,
  identityOf,
} from '../../core/identity/identity-key.ts';
import { eventIn } from '../support/event-in.ts';

const secret = 's'.repeat(64);
const address = 'anna@example.com';

/** What Braze makes of `{{${email_address} | downcase | sha2 | hmac_sha256_hex: 'key'}}`. */
function byBraze(key: string): string {
  const sha256 = createHash('sha256').update(address).digest('hex');
  return createHmac('sha256', key).update(sha256).digest('hex');
}

function identitiesFrom(espKeys: string[] | undefined, call: object) {
  const { accepted } = collectCalls([{ type: 'identify', ...call }], {
    source: sourceDocument.parse({ sourceId: 'web-shop', espKeys }),
    receivedAtMs: Date.parse('2026-11-23T12:00:00Z'),
    hasher: new IdentityHasher(secret),
    mayHoldEmail: true,
    newMessageId: () => 'fresh',
    callBytesMax: 32 * 1024,
  });
  return eventIn(accepted[0]!).identities;
}

describe('an ESP with a key of its own', () => {
  it('finds the customer of an address by what it computes, raw or hashed as the address came', () => {
    const [asked] = identitiesOfKey(`braze:${byBraze(espKey('braze', secret))}`, secret);
    const sha256 = createHash('sha256').update(address).digest('hex');
    for (const email of [' Anna@Example.com', `email_sha256:${sha256}`]) {
      const identities = identitiesFrom(['braze'], { userId: 'anna', traits: { email } });
      expect(identities).toEqual([
        identityOf('userId', 'anna', secret),
        emailSha256Identity(sha256, secret),
        asked,
      ]);
    }
  });

  it('finds nobody with another ESP’s key, or under another’s name', () => {
    const known = identitiesFrom(['braze', 'other'], { traits: { email: address }, userId: 'a' });
    const asked = (text: string) => identitiesOfKey(text, secret)[0]!;
    const key = espKey('braze', secret);
    expect(known).toContainEqual(asked(`braze:${byBraze(key)}`));
    expect(known).toContainEqual(asked(`BRAZE:${byBraze(key).toUpperCase()}`));
    expect(known).not.toContainEqual(asked(`other:${byBraze(key)}`));
    expect(known).not.toContainEqual(asked(`braze:${byBraze('guessed')}`));
    expect(key).not.toBe(espKey('other', secret));
  });

  it('costs a source without it nothing', () => {
    const identities = identitiesFrom(undefined, { userId: 'anna', traits: { email: address } });
    expect(identities).toHaveLength(2);
  });

  it('cannot be called as anonymous ids are', () => {
    expect(sourceDocument.safeParse({ sourceId: 'a', espKeys: ['anon'] }).success).toBe(false);
  });

  it('still may not ask by the address itself', () => {
    expect(customerKeyOf(`braze:${address}`)).toEqual({ kind: 'refused', cause: 'email' });
  });
});
