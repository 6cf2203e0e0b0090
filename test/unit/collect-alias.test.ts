import { describe, expect, it } from 'vitest';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { IdentityHasher, identityOf } from '../../core/identity/identity-key.ts';
import { eventIn } from '../support/event-in.ts';

const secret = 's'.repeat(64);
const options = {
  source: { sourceId: 'website', priority: 100 },
  receivedAtMs: Date.parse('2026-11-23T12:00:00Z'),
  hasher: new IdentityHasher(secret),
  mayHoldEmail: true,
  newMessageId: () => 'fresh',
  callBytesMax: 32 * 1024,
};
const collect = (call: object) => collectCalls([call], options);
const collected = (call: object) => {
  const { accepted, refused } = collect({ type: 'alias', ...call });
  expect(refused).toEqual([]);
  return eventIn(accepted[0]!);
};
const userId = (id: string) => identityOf('userId', id, secret);
const anonymousId = (id: string) => identityOf('anonymousId', id, secret);

describe('an alias', () => {
  it('names the former id as a device, and as a user that only the store can know', () => {
    const event = collected({ userId: 'anna', previousId: 'device-1' });
    expect(event.identities).toEqual([userId('anna'), anonymousId('device-1')]);
    expect(event.formerIdentity).toEqual(userId('device-1'));
  });

  it.each([
    ['the user id itself', { userId: 'anna', previousId: 'anna' }],
    ['the device that is named beside it', { userId: 'anna', anonymousId: 'd', previousId: 'd' }],
    ['without a user id', { anonymousId: 'd', previousId: 'c' }],
  ])('names no former user where the former id is %s', (_, call) => {
    expect(collected(call)).not.toHaveProperty('formerIdentity');
  });

  it('whose former id is an address names an address', () => {
    const event = collected({ userId: 'anna', previousId: 'Anna@example.com' });
    expect(event.identities).toEqual([
      userId('anna'),
      identityOf('email', 'anna@example.com', secret),
    ]);
    expect(event).not.toHaveProperty('formerIdentity');
    expect(JSON.stringify(event).toLowerCase()).not.toContain('anna@');
  });

  it('is the only call whose former id counts', () => {
    const { accepted } = collect({ type: 'page', userId: 'anna', previousId: 'device-1' });
    const event = eventIn(accepted[0]!);
    expect(event.identities).toEqual([userId('anna')]);
    expect(event).not.toHaveProperty('formerIdentity');
  });
});

describe('an id that programs write where they have none', () => {
  const placeholders = ['null', 'undefined', 'Guest', ' NaN ', '[object Object]', '0'];

  it.each(placeholders)('joins nobody: %s', (placeholder) => {
    const event = collected({
      type: 'page',
      userId: placeholder,
      anonymousId: 'device-1',
      previousId: placeholder,
    });
    expect(event.identities).toEqual([anonymousId('device-1')]);
  });

  it.each(placeholders)('names nobody where it stands alone: %s', (placeholder) => {
    const { accepted, refused } = collect({ type: 'page', userId: placeholder });
    expect(accepted).toEqual([]);
    expect(refused).toHaveLength(1);
    expect(JSON.stringify(refused)).toContain('userId');
  });

  it('is one that somebody may have where it is longer', () => {
    const event = collected({ type: 'page', userId: 'guest-17' });
    expect(event.identities).toEqual([userId('guest-17')]);
  });
});
