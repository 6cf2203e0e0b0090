import { describe, expect, it } from 'vitest';
import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { coldItem, hotItem } from '../../adapters/dynamodb/profile-item.ts';
import type { CollectedEvent } from '../../core/events/event.ts';
import { foundedProfileId } from '../../core/identity/profile-id.ts';
import { laneOf } from '../../core/profile/evidence.ts';
import { type DeliveredEvent, foldDeliveries } from '../../core/profile/fold-deliveries.ts';
import type { ColdProfile } from '../../core/profile/hot-cold.ts';
import type { StoredProfile } from '../../core/profile/profile-store.ts';
import { decodeHot } from '../../core/profile/stored-profile.ts';
import { trackEvent } from '../unit/event-maker.ts';
import { seededRandom } from './simulated-stream.ts';

const HOT_BYTES_MAX = 4_096;
/** DynamoDB allows an item 400 KB. */
const COLD_BYTES_MAX = 200_000;
const START_MS = Date.UTC(2026, 0, 1);
const EVENT_COUNT = 100_000;
const BATCH_EVENTS = 50;
/** So few that hot fills up slowly, batch by batch. */
const SMALL_BATCH_EVENTS = 5;
/** As long as the keys of our own collector. */
const key = (name: string) => name.padEnd(22, '_');
const user = `userId#${key('ada')}`;
const devices = Array.from({ length: 40 }, (_, index) => `anonymousId#${key(`device-${index}`)}`);

/** Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function bytesOf(item: StoredItem): number {
  return Object.entries(item).reduce((sum, [name, { S, N }]) => {
    const value = S === undefined ? Math.ceil((N ?? '').length / 2) + 1 : Buffer.byteLength(S);
    return sum + Buffer.byteLength(name) + value;
  }, 0);
}

interface Sizes {
  readonly hotMax: number;
  readonly coldMax: number;
  readonly coldWrites: number;
  readonly writes: number;
  readonly eventCount: number;
}

/** Folds one customer's events, batch by batch, as the enricher does; `said` is the index-th event. */
function foldAll(
  said: (index: number) => CollectedEvent,
  refsOf: (index: number) => string[],
  batchEvents = BATCH_EVENTS,
): Sizes {
  const links = new Map<string, string>();
  const profiles = new Map<string, StoredProfile>();
  const sizes = { hotMax: 0, coldMax: 0, coldWrites: 0, writes: 0 };
  const waiting: DeliveredEvent[] = [];
  for (let index = 0; index < EVENT_COUNT; index += 1) {
    const refs = refsOf(index);
    const event = said(index);
    const delivery = {
      lane: laneOf(refs[0] ?? '', refs[0] ?? ''),
      sequenceNumber: String(49n * 10n ** 54n + BigInt(index)),
      messageId: `message-${index}`,
      arrivedAtMs: Date.parse(event.receivedAt),
    };
    waiting.push({ event, refs, delivery });
    while (waiting.length >= batchEvents) {
      const chunk = foldDeliveries({ links, erased: new Map(), profiles }, waiting, new Set());
      if ('coldNeededOf' in chunk) throw new Error('cold was there to be read');
      waiting.splice(0, chunk.outcomes.length);
      for (const { hot, hotText, cold } of chunk.write?.profiles ?? []) {
        const before = profiles.get(hot.profileId);
        const known: ColdProfile | undefined =
          cold ?? (before?.kind === 'profile' ? before.cold : undefined);
        // What is written is what the next batch reads.
        const read = decodeHot(hot.profileId, hot.version, hotText);
        profiles.set(hot.profileId, { kind: 'profile', hot: read, cold: known, isOutdated: false });
        sizes.writes += 1;
        const { profileId, version } = hot;
        sizes.hotMax = Math.max(sizes.hotMax, bytesOf(hotItem(hot, hotText)));
        if (cold === undefined) continue;
        sizes.coldWrites += 1;
        sizes.coldMax = Math.max(sizes.coldMax, bytesOf(coldItem(profileId, version, cold)));
      }
      for (const link of chunk.write?.newLinks ?? []) links.set(link.identity, link.profileId);
    }
  }
  const last = profiles.get(foundedProfileId(user));
  return { ...sizes, eventCount: last?.kind === 'profile' ? last.hot.eventCount : 0 };
}

const at = (index: number) => {
  const time = new Date(START_MS + index * 20_000).toISOString();
  return { timestamp: time, receivedAt: time, messageId: `message-${index}` };
};

describe('a customer with 100,000 events', () => {
  it('who visits a shop like others stays under 4 KB hot, and rarely needs a cold write', () => {
    const random = seededRandom(7);
    const names = ['Product Viewed', 'Product Viewed', 'Product Added', 'Email Opened'];
    const said = (index: number) => {
      const dice = random();
      if (dice < 0.4)
        return trackEvent('', { type: 'page', ...at(index), properties: { path: '/' } });
      const product = `sku-${Math.floor(random() * 5_000)}`.padEnd(40, '-of-the-shop');
      const category = `Category ${Math.floor(random() * 12)}`;
      if (dice < 0.42) {
        const properties = { order_id: `o${index}`, currency: 'EUR', revenue: 30 };
        const products = [{ product_id: product, category }];
        return trackEvent('Order Completed', {
          ...at(index),
          properties: { ...properties, products },
        });
      }
      if (dice < 0.44) {
        return trackEvent('', {
          type: 'identify',
          ...at(index),
          traits: { city: 'Bath', plan: 'gold' },
        });
      }
      const name = names[index % names.length] ?? '';
      return trackEvent(name, { ...at(index), properties: { product_id: product, category } });
    };
    const sizes = foldAll(said, () => [user], SMALL_BATCH_EVENTS);
    expect(sizes.hotMax).toBeLessThan(HOT_BYTES_MAX);
    expect(sizes.coldMax).toBeLessThan(16_384);
    expect(sizes.coldWrites).toBeLessThan(sizes.writes / 3);
  }, 240_000);

  it.each([
    ['under one user id', (_: number) => [user]],
    // Ever another device beside the user id, now and then none: lanes of their own.
    [
      'from forty devices',
      (index: number) => {
        const device = devices[index % devices.length] ?? '';
        return index > 2_000 && index % 3 === 0 ? [device] : [user, device];
      },
    ],
  ])(
    'who does everything to fill its profile stays within both bounds, %s',
    (_, refsOf) => {
      const sizes = foldAll(fillingEvent, refsOf);
      expect(sizes.eventCount).toBeGreaterThan(EVENT_COUNT - BATCH_EVENTS);
      expect(sizes.hotMax).toBeLessThan(HOT_BYTES_MAX);
      expect(sizes.coldMax).toBeLessThan(COLD_BYTES_MAX);
    },
    240_000,
  );
});

/** What fills whatever there is to fill: long ids, long orders, long answers, as many traits as there can be. */
function fillingEvent(index: number): CollectedEvent {
  const id = `item-${index}`.padEnd(200, 'é');
  const product = { product_id: id, category: `c${index}`.padEnd(60, 'é'), brand: `b${index}` };
  switch (index % 50) {
    case 0: {
      // A thousand lines, once in a while.
      const count = index % 5_000 === 0 ? 1_000 : 3;
      const products = Array.from({ length: count }, (_, line) => ({
        product_id: `${line}-${id}`.slice(0, 200),
        price: 1,
      }));
      const currency = ['EUR', 'JPY', 'GBP', 'KWD'][(index / 50) % 4];
      const properties = { order_id: `o${index}`, currency, revenue: 3, products };
      return trackEvent('Order Completed', { ...at(index), properties });
    }
    case 1: {
      const traits = Array.from({ length: 64 }, (_, trait) => [
        `trait-${trait}`.padEnd(64, 'x'),
        `${index}`.padEnd(500, 'y'),
      ]);
      const consent = { email: { marketing: true }, sms: { analytics: index % 2 === 0 } };
      return trackEvent('', {
        type: 'identify',
        ...at(index),
        traits: { ...Object.fromEntries(traits), consent },
      });
    }
    case 2: {
      const answers = Array.from({ length: 40 }, (_, question) => ({
        question_id: `q${question}-${index % 7}`,
        answer: 'z'.repeat(250),
      }));
      const properties = { survey_id: 's'.repeat(40), answers };
      return trackEvent('Survey Answered', { ...at(index), properties });
    }
    default:
      return trackEvent('Product Viewed', { ...at(index), properties: product });
  }
}
