import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import {
  CLOCK_DIFFERENCE_MS_MAX,
  type Delivery,
  type Evidence,
  isForgotten,
  isProven,
  withDelivery,
} from '../../core/profile/evidence.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { trackEvent } from '../unit/event-maker.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';
import { recordOf } from './simulated-stream.ts';

/** Arrivals are remembered by the minute. */
const MARGIN_MS = CLOCK_DIFFERENCE_MS_MAX + 60_000;
const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
/** Messages that a profile remembers when each came in a minute of its own; see message-marks.ts. */
const MESSAGES_MAX = 64;
const none: Evidence = { lanes: {}, messages: '' };
const user: Identity = { kind: 'userId', key: 'u' };
const device: Identity = { kind: 'anonymousId', key: 'd' };

/** A stream with one customer's profile behind it, record by record. */
class OneCustomer {
  readonly profiles = new MemoryProfileStore();
  /** How often each message was folded. */
  readonly folds = new Map<string, number>();
  #sequence = 0;
  #nowMs = START_MS;

  /** As it comes from the collector, which received it at its own time, `delayMs` before the stream had it. */
  live(event: CollectedEvent, delayMs = 0): Promise<void> {
    return this.#put(event, Date.parse(event.receivedAt) + delayMs);
  }

  replay(event: CollectedEvent): Promise<void> {
    this.#nowMs += 1_000;
    return this.#put({ ...event, replayed: true }, this.#nowMs);
  }

  get counts() {
    const live = this.profiles.liveProfiles();
    return {
      events: live.reduce((sum, { eventCount }) => sum + eventCount, 0),
      orders: live.reduce((sum, { orders }) => sum + orders.count, 0),
    };
  }

  async #put(event: CollectedEvent, arrivedAtMs: number): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, arrivedAtMs);
    this.#sequence += 1;
    const ports = {
      profiles: this.profiles,
      catalogue: new MemoryCatalogueStore(),
      entryCache: new EntryCache(),
      writePoison: async () => undefined,
      keepRefused: async () => undefined,
      surroundings: { nowMs: () => 0, random: () => 0, sleep: async () => undefined },
    };
    const record = recordOf(event, 'any', String(this.#sequence), arrivedAtMs);
    const report = await enrichBatch(ports, [kinesisRecord(record)]);
    expect(report.failures).toEqual([]);
    const { messageId } = event;
    this.folds.set(messageId, (this.folds.get(messageId) ?? 0) + report.foldedCount);
  }
}

/** The number-th event, one every two minutes. */
function eventAt(number: number, by: readonly Identity[] = [user], name = 'Any'): CollectedEvent {
  const at = new Date(START_MS + number * 2 * MINUTE_MS).toISOString();
  return trackEvent(name, {
    identities: [...by],
    messageId: `m${number}`,
    timestamp: at,
    receivedAt: at,
    ...(name === 'Order Completed' && { properties: { order_id: `o${number}`, revenue: 1 } }),
  });
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe('a replay of whole days', () => {
  it('adds nothing where nothing was lost, however often it runs', async () => {
    const customer = new OneCustomer();
    const events = numbers(0, 3 * MESSAGES_MAX).map((number) => eventAt(number));
    for (const event of events) await customer.live(event);
    for (const event of [...events, ...events.toReversed(), ...events]) {
      await customer.replay(event);
    }
    expect(customer.counts.events).toBe(events.length);
  });

  it('takes in all of a long gap that lies after the oldest remembered message, once', async () => {
    const customer = new OneCustomer();
    const events = numbers(0, 164).map((number) => eventAt(number));
    const isLost = (index: number) => index >= 32 && index < 132;
    for (const event of events.filter((_, index) => !isLost(index))) await customer.live(event);
    expect(customer.counts.events).toBe(MESSAGES_MAX);
    for (const event of [...events, ...events]) await customer.replay(event);
    expect(customer.counts.events).toBe(164);
  });

  it('takes in an order that was lost whatever came since, and none twice', async () => {
    const customer = new OneCustomer();
    const lost = eventAt(0, [user], 'Order Completed');
    const counted = eventAt(1, [user], 'Order Completed');
    await customer.live(counted);
    for (const number of numbers(2, 200)) await customer.live(eventAt(number));
    for (const event of [lost, counted, lost, counted]) await customer.replay(event);
    expect(customer.counts.orders).toBe(2);
  });

  it('leaves an order alone that is older than claims are kept, and forgotten', async () => {
    const customer = new OneCustomer();
    const old = eventAt(0, [user], 'Order Completed');
    await customer.live(old);
    const later = 401 * 24 * 30;
    for (const number of numbers(later, later + MESSAGES_MAX)) await customer.live(eventAt(number));
    // DynamoDB has let go of it.
    customer.profiles.claims.clear();
    await customer.replay(old);
    expect(customer.counts.orders).toBe(1);
  });

  it('takes in a lost event by whose user id nobody was known, although it joins a busy device', async () => {
    const customer = new OneCustomer();
    const lost = eventAt(0, [user, device]);
    for (const number of numbers(1, 200)) await customer.live(eventAt(number, [device]));
    for (let time = 0; time < 3; time += 1) await customer.replay(lost);
    expect(customer.profiles.liveProfiles()).toMatchObject([{ profileId: 'u_u', eventCount: 200 }]);
  });

  it('counts nothing twice beside live events, merges and clocks within their bound', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('live' as const) },
      { weight: 1, arbitrary: fc.constant('lost' as const) },
      { weight: 3, arbitrary: fc.nat().map((pick) => ({ pick })) },
    );
    const by = fc.constantFrom<Identity[]>([user], [device], [user, device]);
    const story = fc.array(fc.tuple(step, by, fc.integer({ min: -MINUTE_MS + 1, max: 600_000 })), {
      minLength: 200,
      maxLength: 600,
    });
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const customer = new OneCustomer();
        const sent: CollectedEvent[] = [];
        let liveCount = 0;
        for (const [number, [what, identities, delayMs]] of steps.entries()) {
          if (typeof what === 'object') {
            const event = sent[what.pick % Math.max(1, sent.length)];
            if (event !== undefined) await customer.replay(event);
            continue;
          }
          const event = eventAt(number, identities);
          sent.push(event);
          if (what === 'lost') continue;
          liveCount += 1;
          await customer.live(event, delayMs);
        }
        expect(customer.counts.events).toBeGreaterThanOrEqual(liveCount);
        // In the order of receipt, as a replay of days sends them: still nothing twice.
        for (const event of sent) await customer.replay(event);
        expect(Math.max(0, ...customer.folds.values())).toBeLessThanOrEqual(1);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 60_000);
});

describe('evidence of replayed events', () => {
  const delivery: fc.Arbitrary<Delivery> = fc
    .tuple(fc.nat({ max: 600 }), fc.integer({ min: -MINUTE_MS + 1, max: 10 * MINUTE_MS }))
    .map(([number, delayMs]) => ({
      lane: '',
      sequenceNumber: '1',
      messageId: `m${number}`,
      arrivedAtMs: START_MS + number * MINUTE_MS + delayMs,
    }));
  // Mostly more than a profile remembers.
  const deliveries = fc.array(delivery, { maxLength: 500, size: 'max' });
  const replayOf = (each: Delivery, number: number): Delivery => ({
    ...each,
    arrivedAtMs: START_MS + 10_000 * MINUTE_MS,
    firstReceivedMs: START_MS + number * MINUTE_MS,
  });

  it('knows every message that came before as remembered or as forgotten', () => {
    fc.assert(
      fc.property(deliveries, (all) => {
        const evidence = all.reduce(withDelivery, none);
        for (const each of all) {
          const again = replayOf(each, Number(each.messageId.slice(1)));
          expect(isProven(evidence, again) || isForgotten(evidence, again)).toBe(true);
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('takes none for forgotten that came after the oldest remembered one, or while few are known', () => {
    fc.assert(
      fc.property(deliveries, fc.nat({ max: 700 }), (all, number) => {
        const evidence = all.reduce(withDelivery, none);
        const lost = replayOf({ ...someDelivery, messageId: 'lost' }, number);
        const lostMs = lost.firstReceivedMs ?? 0;
        const isAfter = ({ arrivedAtMs }: Delivery) => arrivedAtMs + MARGIN_MS >= lostMs;
        // A message that came twice counts once per minute.
        const arrival = ({ messageId, arrivedAtMs }: Delivery) =>
          `${messageId} ${Math.floor(arrivedAtMs / MINUTE_MS)}`;
        const later = new Set(all.filter(isAfter).map(arrival));
        if (isForgotten(evidence, lost)) {
          expect(later.size).toBeGreaterThanOrEqual(MESSAGES_MAX);
        }
        if (all.length < MESSAGES_MAX) expect(isForgotten(evidence, lost)).toBe(false);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('of a live event says nothing of what is forgotten', () => {
    const evidence = numbers(0, 300).reduce(
      (sum, number) => withDelivery(sum, { ...someDelivery, messageId: `m${number}` }),
      none,
    );
    expect(isForgotten(evidence, { ...someDelivery, arrivedAtMs: 0 })).toBe(false);
  });
});

const someDelivery: Delivery = {
  lane: '',
  sequenceNumber: '1',
  messageId: '',
  arrivedAtMs: START_MS,
};
