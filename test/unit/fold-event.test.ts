import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Evidence, withDelivery } from '../../core/profile/evidence.ts';
import { foldEvent, newProfile } from '../../core/profile/fold-event.ts';
import { MARKS_LENGTH_MAX } from '../../core/profile/message-marks.ts';
import { CURRENCY_UNKNOWN } from '../../core/profile/money.ts';
import { orderClaimOf } from '../../core/profile/orders.ts';
import { trackEvent } from './event-maker.ts';

const start = newProfile('u_u1', Date.UTC(2026, 0, 2));
const identify = (traits: Record<string, unknown>, more = {}) =>
  trackEvent('', { type: 'identify', traits, ...more });

describe('orders', () => {
  it('add their revenue in minor units, by the digits of their currency', () => {
    const folded = [
      { currency: 'gbp', revenue: 1.005 },
      { currency: 'JPY', total: '1200' },
      { currency: 'nonsense', products: [{ product_id: 'a', price: 2.5, quantity: 3 }] },
    ].reduce(
      (profile, properties) => foldEvent(profile, trackEvent('Order Completed', { properties })),
      start,
    );
    expect(folded.orders).toMatchObject({
      count: 3,
      revenueMinor: { GBP: 101, JPY: 1200, [CURRENCY_UNKNOWN]: 750 },
    });
  });

  it('that are refunded or cancelled count as refunds, whatever the sign', () => {
    const folded = ['Order Refunded', 'Order Cancelled'].reduce(
      (profile, name) =>
        foldEvent(profile, trackEvent(name, { properties: { total: -10, currency: 'GBP' } })),
      start,
    );
    expect(folded.orders).toEqual({
      count: 0,
      revenueMinor: {},
      refundCount: 2,
      refundedMinor: { GBP: 2000 },
    });
  });

  it('with an absurd amount count without it', () => {
    const properties = { currency: 'GBP', total: 1e300 };
    const { orders } = foldEvent(start, trackEvent('Order Completed', { properties }));
    expect(orders).toMatchObject({ count: 1, revenueMinor: {} });
  });

  it('claim their id; refunds apart, and partial refunds by their own', () => {
    const claim = (name: string, properties: Record<string, unknown>) =>
      orderClaimOf(trackEvent(name, { properties }));
    expect(claim('Order Completed', { order_id: 7 })).toBe('order#completed#7');
    expect(claim('Order Cancelled', { order_id: '7' })).toBe('order#refunded#7');
    expect(claim('Order Refunded', { order_id: '7', refund_id: 'r1' })).toBe('order#refunded#7#r1');
    expect(claim('Order Completed', {})).toBeUndefined();
    expect(claim('Product Viewed', { order_id: '7' })).toBeUndefined();
    expect(claim('Order Completed', { order_id: 'x'.repeat(5000) })?.length).toBeLessThan(100);
  });
});

describe('traits', () => {
  it('of a source with higher priority stand against later ones of a lower', () => {
    const crm = identify({ city: 'Bath' }, { source: 'crm', sourcePriority: 200 });
    const site = identify(
      { city: 'Hull', plan: 'gold' },
      { timestamp: '2026-01-09T00:00:00.000Z' },
    );
    const { traits } = [crm, site].reduce(foldEvent, start);
    expect(traits.city).toMatchObject({ value: 'Bath', source: 'crm', priority: 200 });
    expect(traits.plan).toMatchObject({ value: 'gold', source: 'website', priority: 100 });
  });

  it('that the store cannot hold are left to the lake', () => {
    const traits = JSON.parse(
      `{"big":1e300,"tiny":1e-300,"long":"${'x'.repeat(600)}","__proto__":{"a":1},"ok":{"list":[1,null]}}`,
    );
    const folded = foldEvent(start, identify(traits));
    expect(Object.keys(folded.traits)).toEqual(['ok']);
    expect(() => marshall(folded)).not.toThrow();
  });
});

describe('consent', () => {
  it('is the latest statement, and a refusal where two come at once', () => {
    const stated = (granted: boolean, day: number) =>
      trackEvent('Any', {
        timestamp: `2026-01-0${day}T00:00:00.000Z`,
        context: { consent: { categoryPreferences: { personalization: granted } } },
      });
    const grantedAfter = (...events: ReturnType<typeof stated>[]) =>
      events.reduce(foldEvent, start).consent?.personalization.granted;
    expect(grantedAfter(stated(true, 3), stated(false, 2))).toBe(true);
    expect(grantedAfter(stated(false, 3), stated(true, 3))).toBe(false);
    expect(grantedAfter(identify({ consent: { personalization: true } }))).toBe(true);
    expect(grantedAfter(identify({ consent: 'yes' }))).toBeUndefined();
  });
});

describe('email engagement', () => {
  it('counts people, not machines', () => {
    const { email } = [
      trackEvent('Email Opened'),
      trackEvent('Email Opened', { properties: { machine_open: true } }),
      trackEvent('Email Link Clicked'),
      trackEvent('Email Link Clicked', { context: { is_bot: true } }),
    ].reduce(foldEvent, start);
    const timeMs = Date.UTC(2026, 0, 2);
    expect(email).toEqual({ openCount: 1, clickCount: 1, lastOpenMs: timeMs, lastClickMs: timeMs });
  });

  it('counts what was sent and delivered, and remembers the latest opening', () => {
    const { email } = [
      trackEvent('Email Opened', { timestamp: '2026-01-02T00:00:00.500Z' }),
      trackEvent('Email Sent'),
      trackEvent('Email Delivered'),
      trackEvent('Email Opened', { timestamp: '2026-01-01T00:00:00.000Z' }),
    ].reduce(foldEvent, start);
    expect(email).toEqual({
      openCount: 2,
      clickCount: 0,
      sentCount: 1,
      deliveredCount: 1,
      lastOpenMs: Date.UTC(2026, 0, 2) + 500,
    });
  });
});

describe('the size of a profile', () => {
  it('is bounded, however much a customer does and says', () => {
    let profile = start;
    let evidence: Evidence = { lanes: {}, messages: '' };
    for (let index = 0; index < 5000; index += 1) {
      const timestamp = new Date(Date.UTC(2026, 0, 2) + index * 1000).toISOString();
      const properties = { product_id: `item-${index}`.padEnd(200, 'x') };
      profile = foldEvent(profile, trackEvent('Product Viewed', { timestamp, properties }));
      profile = foldEvent(profile, identify({ [`trait${index}`]: 'y'.repeat(500) }, { timestamp }));
      evidence = withDelivery(evidence, {
        lane: `lane${index}`,
        sequenceNumber: String(10n ** 55n + BigInt(index)),
        messageId: `m${index}`,
        arrivedAtMs: 1.7e12 + index,
      });
    }
    expect(profile.eventCount).toBe(10_000);
    expect(profile.recent).toHaveLength(128);
    expect(evidence.messages.length).toBeLessThan(MARKS_LENGTH_MAX + 20);
    expect(JSON.stringify({ ...profile, evidence }).length).toBeLessThan(100_000);
  });
});
