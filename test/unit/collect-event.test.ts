import { describe, expect, it } from 'vitest';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { emailSha256, IdentityHasher, identityOf } from '../../core/identity/identity-key.ts';
import { quarantinedCall } from '../../core/identity/quarantined-call.ts';
import { eventIn } from '../support/event-in.ts';

const secret = 's'.repeat(64);
const receivedAtMs = Date.parse('2026-11-23T12:00:00Z');
const options = {
  source: { sourceId: 'website', priority: 100 },
  receivedAtMs,
  hasher: new IdentityHasher(secret),
  mayHoldEmail: true,
  newMessageId: () => 'fresh',
  callBytesMax: 32 * 1024,
};
const collect = (call: object) => {
  const { accepted, refused } = collectCalls([call], options);
  expect(refused).toEqual([]);
  return eventIn(accepted[0]!);
};
const sha = emailSha256('anna@example.com');
const emailKey = identityOf('email', 'anna@example.com', secret);

describe('an event on the stream', () => {
  it('is one line of JSON in the form that everybody reads', () => {
    const { accepted } = collectCalls([{ type: 'page', userId: 'u' }], options);
    expect(Buffer.from(accepted[0]!.data).toString()).toMatch(/^[^\n]+\n$/);
    expect(collect({ type: 'page', userId: 'u' })).toMatchObject({
      schemaVersion: 1,
      messageId: 'fresh',
      source: 'website',
      sourcePriority: 100,
      receivedAt: '2026-11-23T12:00:00.000Z',
      timestamp: '2026-11-23T12:00:00.000Z',
    });
  });

  it('lists identities strongest first and is partitioned by the first', () => {
    const call = {
      type: 'identify',
      anonymousId: 'a',
      userId: 'u',
      traits: { email: 'anna@example.com' },
    };
    const event = collect(call);
    expect(event.identities.map((identity) => identity.kind)).toEqual([
      'userId',
      'email',
      'anonymousId',
    ]);
    const { accepted } = collectCalls([call], options);
    expect(accepted[0]!.partitionKey).toBe(`userId#${identityOf('userId', 'u', secret).key}`);
  });

  it('lets the sender state none of what the collector states', () => {
    const event = collect({
      type: 'page',
      userId: 'u',
      source: 'forged',
      sourcePriority: 999,
      receivedAt: 'never',
      schemaVersion: 7,
      identities: [{ kind: 'userId', key: 'victim' }],
      writeKey: 'key',
    });
    expect(event).toMatchObject({ source: 'website', sourcePriority: 100, schemaVersion: 1 });
    expect(event.identities).toEqual([identityOf('userId', 'u', secret)]);
    expect(event).not.toHaveProperty('writeKey');
  });
});

describe('an email address', () => {
  it.each([
    [
      'traits',
      { type: 'identify', userId: 'u', traits: { email: ' Anna@Example.com ', plan: 'x' } },
    ],
    [
      'context.traits',
      { type: 'page', userId: 'u', context: { traits: { email: 'anna@example.com' } } },
    ],
    [
      'properties',
      {
        type: 'track',
        event: 'Newsletter',
        userId: 'u',
        properties: { email: 'anna@example.com' },
      },
    ],
  ])('in %s becomes an identity and its SHA-256', (_, call) => {
    const event = collect(call);
    expect(event.identities).toContainEqual(emailKey);
    expect(JSON.stringify(event)).toContain(`"email_sha256":"${sha}"`);
    expect(JSON.stringify(event).toLowerCase()).not.toContain('anna');
  });

  it.each(['userId', 'anonymousId'])('as %s is an email identity and nothing else', (field) => {
    const event = collect({ type: 'page', [field]: 'Anna@example.com' });
    expect(event.identities).toEqual([emailKey]);
    expect(event).not.toHaveProperty(field);
  });

  it('may come hashed already', () => {
    const call = { type: 'identify', userId: 'u', traits: { email: sha.toUpperCase() } };
    expect(collect(call).identities).toContainEqual(emailKey);
    const stated = { type: 'identify', userId: 'u', traits: { email_sha256: sha } };
    expect(collect(stated).identities).toContainEqual(emailKey);
  });

  it('of somebody else does not join customers', () => {
    const event = collect({
      type: 'track',
      event: 'Gift Sent',
      userId: 'u',
      context: { traits: { email: 'anna@example.com' } },
      properties: { email: 'bert@example.com' },
    });
    expect(event.identities.filter((identity) => identity.kind === 'email')).toEqual([emailKey]);
    expect(JSON.stringify(event)).not.toContain('bert');
  });

  it('is masked in text, in keys and in URLs', () => {
    const event = collect({
      type: 'page',
      userId: 'u',
      event: 'anna@example.com',
      properties: {
        'anna@example.com': ['mail anna@example.com!'],
        url: 'https://x/?e=anna%40example.com',
      },
    });
    expect(JSON.stringify(event)).not.toMatch(/anna/);
    expect(event.properties?.url).toBe('https://x/?e=(email)');
  });

  it('inside a message id leaves different ids different', () => {
    const one = collect({ type: 'page', userId: 'u', messageId: 'anna@example.com-1' });
    const two = collect({ type: 'page', userId: 'u', messageId: 'anna@example.com-2' });
    expect(one.messageId).not.toBe(two.messageId);
    expect(one.messageId).not.toContain('anna');
  });

  it('that is missing or empty is no identity', () => {
    for (const email of ['', null]) {
      const event = collect({ type: 'identify', userId: 'u', traits: { email } });
      expect(event.identities).toHaveLength(1);
      expect(event.traits).not.toHaveProperty('email');
    }
  });
});

describe('a refused call in quarantine', () => {
  const refusedOf = (call: unknown) => {
    const { refused } = collectCalls([call], options);
    return quarantinedCall(refused[0]!, { source: 'website', receivedAtMs });
  };

  it('is whole but for the addresses, and the same retry has the same id', () => {
    const call = {
      type: 'track',
      event: 'Order Completed',
      userId: 'anna@example.com',
      note: 'call me',
    };
    const kept = refusedOf(call);
    expect(kept).toMatchObject({
      source: 'website',
      reason: 'bad-properties',
      schemaVersion: 1,
      receivedAt: '2026-11-23T12:00:00.000Z',
      event: { ...call, userId: `email_sha256:${sha}` },
    });
    expect(refusedOf(call).id).toBe(kept.id);
    expect(refusedOf({ ...call, note: 'other' }).id).not.toBe(kept.id);
  });

  it('can be repaired and sent again without losing whose it was', () => {
    const kept = refusedOf({ type: 'track', userId: 'anna@example.com', anonymousId: 'a' });
    const repaired = { ...Object(kept.event), event: 'Quiz Finished' };
    expect(collect(repaired).identities).toContainEqual(emailKey);
  });

  it('is kept even when it is too deep to serialise', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    const kept = refusedOf({ type: 'page', userId: 'u', properties: { deep } });
    expect(kept.reason).toBe('unsafe-structure');
    expect(JSON.stringify(kept.event)).toContain('"userId":"u"');
  });
});

describe('the size of a call', () => {
  it('is measured in bytes of JSON, to the byte', () => {
    const ofBytes = (bytes: number) => {
      const empty = { type: 'page', userId: 'u', properties: { text: '' } };
      const text = 'é'.repeat(1) + 'a'.repeat(bytes - 2 - JSON.stringify(empty).length);
      return { ...empty, properties: { text } };
    };
    expect(collectCalls([ofBytes(32 * 1024)], options).accepted).toHaveLength(1);
    const { refused } = collectCalls([ofBytes(32 * 1024 + 1)], options);
    expect(refused[0]).toMatchObject({ reason: 'too-large' });
  });

  it('is bounded on the stream too, where short numbers grow', () => {
    const numbers = Array.from({ length: 50_000 }, () => 1e20);
    const call = { type: 'page', userId: 'u', properties: { numbers } };
    const { refused } = collectCalls([call], { ...options, callBytesMax: 10_000_000 });
    expect(refused[0]).toMatchObject({ reason: 'too-large' });
  });
});
