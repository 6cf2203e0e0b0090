import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CollectedEvent, collectedEvent } from '../../core/events/event.ts';
import { openCartOf } from '../../core/profile/cart.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { sweepCarts } from '../../lambdas/enrich/sweep-carts.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';
import { recordOf } from './simulated-stream.ts';

const HOUR_MS = 3_600_000;
const startMs = Date.UTC(2026, 0, 2, 12);
const customers = ['ada', 'bea', 'cy'];

/** A shop with its stream: what is put is folded by the enricher when it is delivered, at least once. */
class Shop {
  readonly #store = new MemoryProfileStore();
  readonly #waiting: CollectedEvent[] = [];
  #sequence = 10n ** 20n;
  nowMs = startMs;

  put(events: readonly CollectedEvent[]): void {
    this.#waiting.push(...events);
  }

  async deliver(times: number): Promise<void> {
    const records = this.#waiting.splice(0).map((event) => {
      this.#sequence += 1n;
      const key = event.identities[0]?.key ?? '';
      return kinesisRecord(recordOf(event, key, String(this.#sequence), this.nowMs));
    });
    for (let time = 0; time < times; time += 1) {
      const report = await enrichBatch(
        {
          profiles: this.#store,
          catalogue: new MemoryCatalogueStore(),
          entryCache: new EntryCache(),
          writePoison: async () => {},
          keepRefused: async () => {},
          surroundings: { nowMs: () => this.nowMs, random: () => 0, sleep: async () => {} },
        },
        records,
      );
      expect(report.failures).toEqual([]);
    }
  }

  /** A sweep that may lose its answer after the events were taken, as a crash would. */
  async sweep(isCrashing: boolean): Promise<void> {
    const sweep = sweepCarts(
      {
        readDueCarts: async (bucket) =>
          [...this.#store.profiles.values()]
            .filter((each) => 'cartDue' in each && each.cartDue === bucket)
            .map(({ profileId }) => profileId),
        profiles: this.#store,
        putEvents: async (records) => {
          this.put(records.map(({ data }) => collectedEvent.parse(JSON.parse(String(data)))));
          if (isCrashing) throw new Error('crashed behind the put');
        },
        nowMs: () => this.nowMs,
      },
      HOUR_MS,
      Number.POSITIVE_INFINITY,
    );
    await sweep.catch((error: unknown) => expect(isCrashing, String(error)).toBe(true));
  }

  profiles(): Profile[] {
    return this.#store.liveProfiles();
  }
}

const step = fc.record({
  minutes: fc.integer({ min: 1, max: 100 }),
  deliveries: fc.integer({ min: 1, max: 2 }),
  sweeps: fc.array(fc.boolean(), { maxLength: 3 }),
  deed: fc.option(
    fc.record({
      customer: fc.constantFrom(...customers),
      event: fc.constantFrom('Product Added', 'Product Removed', 'Order Completed', 'Page Left'),
    }),
  ),
});

describe('the sweep for abandoned carts', () => {
  it('tells of each cart that was left once, whatever crashes and runs twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const shop = new Shop();
        let deedCount = 0;
        // By customer: what lies in the cart, since when, and how often it was left.
        const expected = new Map(
          customers.map((name) => [name, { filledMs: 0, isLeft: false, leftCount: 0, deeds: 0 }]),
        );
        for (const { minutes, deliveries, sweeps, deed } of [...steps, lastStep]) {
          shop.nowMs += minutes * 60_000;
          if (deed !== null) {
            deedCount += 1;
            shop.put([deedOf(deed.customer, deed.event, shop.nowMs, deedCount)]);
            const cart = expected.get(deed.customer);
            if (cart === undefined) throw new Error('an unknown customer');
            cart.deeds += 1;
            if (deed.event === 'Product Added')
              Object.assign(cart, { filledMs: shop.nowMs, isLeft: false });
            if (deed.event === 'Product Removed' || deed.event === 'Order Completed')
              cart.filledMs = 0;
          }
          await shop.deliver(deliveries);
          for (const isCrashing of sweeps) {
            await shop.sweep(isCrashing);
            shop.nowMs += 1;
          }
          for (const cart of expected.values()) {
            const isDue = cart.filledMs > 0 && cart.filledMs + HOUR_MS < shop.nowMs;
            if (sweeps.length === 0 || !isDue || cart.isLeft) continue;
            cart.isLeft = true;
            cart.leftCount += 1;
          }
          await shop.deliver(deliveries);
        }
        for (const profile of shop.profiles()) {
          const cart = expected.get(profile.identities[0]?.split('#')[1] ?? '');
          expect(profile.eventCount).toBe((cart?.deeds ?? 0) + (cart?.leftCount ?? 0));
          const open = openCartOf(profile);
          expect(open?.changedAtMs ?? 0).toBe(cart?.filledMs);
          if (open !== undefined) expect(open.isAbandoned).toBe(cart?.isLeft);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stops when its time is up, and says so', async () => {
    const report = await sweepCarts(
      {
        readDueCarts: async () => ['a_1'],
        profiles: { readProfiles: async () => new Map() },
        putEvents: async () => {},
        nowMs: () => startMs,
      },
      HOUR_MS,
      startMs,
    );
    expect(report).toEqual({ lookedAtCount: 0, abandonedCount: 0, isComplete: false });
  });
});

const lastStep = { minutes: 90, deliveries: 1, sweeps: [false], deed: null };

function deedOf(customer: string, event: string, timeMs: number, number: number): CollectedEvent {
  const time = new Date(timeMs).toISOString();
  return {
    schemaVersion: 1,
    messageId: `m${number}`,
    type: 'track',
    event,
    identities: [{ kind: 'userId', key: customer }],
    source: 'website',
    timestamp: time,
    receivedAt: time,
    properties: { product_id: 'mug' },
  };
}
