import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { IdentityHasher, identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { eventIn } from '../support/event-in.ts';
import { memoryWebhooks, post, webhookRequest } from '../support/webhooks.ts';
import { trackEvent } from '../unit/event-maker.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';
import { byId, expectedProfiles, withoutProof } from './simulated-customers.ts';
import { recordOf } from './simulated-stream.ts';

const secret = 's'.repeat(64);

function collected(call: object): CollectedEvent {
  const { accepted, refused } = collectCalls([call], {
    source: { sourceId: 'website', priority: 100 },
    receivedAtMs: Date.parse('2026-11-23T12:00:00Z'),
    hasher: new IdentityHasher(secret),
    mayHoldEmail: true,
    newMessageId: () => JSON.stringify(call).slice(0, 100),
    callBytesMax: 32 * 1024,
  });
  expect(refused).toEqual([]);
  return eventIn(accepted[0]!);
}

async function profilesAfter(events: readonly CollectedEvent[], batchSize = 1) {
  const profiles = new MemoryProfileStore();
  const ports = {
    profiles,
    catalogue: new MemoryCatalogueStore(),
    entryCache: new EntryCache(),
    writePoison: async () => undefined,
    keepRefused: async () => undefined,
    surroundings: { nowMs: () => 0, random: () => 0, sleep: async () => undefined },
  };
  for (let at = 0; at < events.length; at += batchSize) {
    const records = events
      .slice(at, at + batchSize)
      .map((event, index) => recordOf(event, 'any', String(1 + at + index)));
    const report = await enrichBatch(ports, records.map(kinesisRecord));
    expect(report.failures).toEqual([]);
  }
  return profiles.liveProfiles();
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]];
  return all.flatMap((first, at) =>
    permutations(all.toSpliced(at, 1)).map((rest) => [first, ...rest]),
  );
}

const view = (by: object) => ({ type: 'track', event: 'Quiz Finished', ...by });
const order = (by: object, email: string) => ({
  type: 'track',
  event: 'Order Completed',
  ...by,
  properties: { order_id: 'o1', email, revenue: 1 },
});

/** What Postmark says of an address, taken in as the webhook does. */
async function openedBy(address: string): Promise<CollectedEvent> {
  const webhooks = memoryWebhooks({
    document: { esp: 'postmark' },
    secrets: { username: 'u', password: 'p' },
  });
  const body = { RecordType: 'Open', ReceivedAt: '2026-11-05T16:33:54Z', Recipient: address };
  const message = { MessageID: '883953f4-6105-42a2-a16a-77a8eac79483', UserAgent: 'Thunderbird' };
  const Authorization = `Basic ${Buffer.from('u:p').toString('base64')}`;
  const request = webhookRequest('postmark', JSON.stringify({ ...body, ...message }), {
    Authorization,
  });
  expect((await post(webhooks, request)).statusCode).toBe(200);
  const [event] = webhooks.events() as CollectedEvent[];
  return event!;
}

describe('a customer who was anonymous becomes known', () => {
  it.each([
    [
      'on identify',
      [view({ anonymousId: 'd' }), { type: 'identify', userId: 'anna', anonymousId: 'd' }],
      ['userId', 'anonymousId'],
    ],
    [
      'on an alias',
      [
        view({ anonymousId: 'd' }),
        view({ userId: 'anna' }),
        { type: 'alias', userId: 'anna', previousId: 'd' },
      ],
      // The former id also as a user's: nobody has said that it is a device's.
      ['userId', 'userId', 'anonymousId'],
    ],
    [
      'by an order with an address',
      [
        view({ anonymousId: 'd' }),
        order({ anonymousId: 'd' }, 'Anna@example.com'),
        { type: 'identify', userId: 'anna', traits: { email: 'anna@example.com' } },
      ],
      ['userId', 'email', 'anonymousId'],
    ],
    [
      'over two devices by one login each',
      [
        view({ anonymousId: 'phone' }),
        view({ anonymousId: 'laptop' }),
        view({ userId: 'anna', anonymousId: 'phone' }),
        view({ userId: 'anna', anonymousId: 'laptop' }),
      ],
      ['userId', 'anonymousId', 'anonymousId'],
    ],
    [
      'over two devices by one address, without any login',
      [
        view({ anonymousId: 'phone' }),
        order({ anonymousId: 'phone' }, 'anna@example.com'),
        { type: 'identify', anonymousId: 'laptop', traits: { email: ' ANNA@example.com' } },
      ],
      ['email', 'anonymousId', 'anonymousId'],
    ],
  ])('%s, in any order', async (_, calls, kinds) => {
    for (const events of permutations(calls.map(collected))) {
      const [only, ...others] = await profilesAfter(events);
      expect(others).toEqual([]);
      expect(only?.eventCount).toBe(calls.length);
      const found = only?.identities.map((ref) => ref.slice(0, ref.indexOf('#')));
      expect(found?.toSorted()).toEqual(kinds.toSorted());
    }
  });

  it('by the webhook of an ESP that knows the address alone, in any order', async () => {
    const opened = await openedBy('anna@example.com');
    const known = {
      type: 'identify',
      userId: 'anna',
      anonymousId: 'd',
      traits: { email: 'anna@example.com' },
    };
    for (const events of permutations([
      opened,
      collected(known),
      collected(view({ anonymousId: 'd' })),
    ])) {
      expect(await profilesAfter(events)).toMatchObject([{ eventCount: 3 }]);
    }
  });
});

describe('two customers who claim one address', () => {
  it('stay two; the address stays with whoever named it first, and nothing of the other is lost', async () => {
    const claim = (userId: string) =>
      collected({ type: 'identify', userId, traits: { email: 'both@example.com' } });
    const later = (userId: string) => collected(view({ userId }));
    const emailOnly = collected(order({ anonymousId: 'd' }, 'both@example.com'));
    const address = identityRef(identityOf('email', 'both@example.com', secret));
    for (const [first, second] of [
      ['anna', 'bert'],
      ['bert', 'anna'],
    ] as const) {
      const events = [claim(first), claim(second), later(first), later(second), emailOnly];
      const profiles = await profilesAfter(events);
      const of = (userId: string) =>
        profiles.find(({ identities }) =>
          identities.includes(identityRef(identityOf('userId', userId, secret))),
        );
      expect(profiles).toHaveLength(2);
      expect(of(first)?.identities).toContain(address);
      expect(of(second)?.identities).not.toContain(address);
      expect([of(first)?.eventCount, of(second)?.eventCount]).toEqual([3, 2]);
    }
  });
});

const USERS = 6;
const user = (number: number): Identity => ({ kind: 'userId', key: `u${number}` });

/**
 * Chains, trees and circles of aliases: each id was used by somebody, and is named as former by one user at
 * most, as 0168 asks. Devices and addresses are each of one user.
 */
const stories = fc
  .tuple(
    fc.array(fc.option(fc.nat({ max: USERS - 1 })), { minLength: USERS, maxLength: USERS }),
    fc.array(fc.tuple(fc.nat({ max: USERS - 1 }), fc.nat({ max: 1 }), fc.boolean()), {
      maxLength: 12,
    }),
  )
  .map(([namers, said]) => [
    ...namers.map((_, number) => trackEvent('Any', { identities: [user(number)] })),
    ...namers.flatMap((namer, former) =>
      namer === null || namer === former
        ? []
        : [{ ...trackEvent('Any', { identities: [user(namer)] }), formerIdentity: user(former) }],
    ),
    ...said.map(([number, variant, isAnonymous]) => {
      const device: Identity = { kind: 'anonymousId', key: `a${number}${variant}` };
      const email: Identity = { kind: 'email', key: `e${number}` };
      return trackEvent('Any', {
        identities: isAnonymous ? [device] : [user(number), email, device],
      });
    }),
  ])
  .map((events) => events.map((event, index) => ({ ...event, messageId: `m${index}` })));

describe('the graph of identities', () => {
  it('ends the same in any order, in any batches, with every statement repeated', async () => {
    const shuffled = stories.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
        fc.integer({ min: 1, max: 9 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([events, order, batchSize]) => {
        const found = (await profilesAfter(order, batchSize)).map(withoutProof).sort(byId);
        expect(found).toEqual(expectedProfiles(events).sort(byId));
      }),
      { numRuns: 300 },
    );
  });
});
