import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collectCalls } from '../../core/identity/collect-calls.ts';
import { IdentityHasher } from '../../core/identity/identity-key.ts';
import { mapRecord } from '../../core/mapping/record-mapping.ts';
import { hubspotContactMapping } from '../../core/mapping/vendors/hubspot.ts';
import { salesforceContactMapping } from '../../core/mapping/vendors/salesforce.ts';
import { shopifyCustomerMapping, shopifyOrderRecords } from '../../core/mapping/vendors/shopify.ts';
import { stripeCustomerMapping } from '../../core/mapping/vendors/stripe.ts';
import { consentOf } from '../../core/profile/consent.ts';
import { orderClaimOf, ordersOf } from '../../core/profile/orders.ts';
import { eventIn } from '../support/event-in.ts';
import { vendorFixture } from '../support/vendor-api-server.ts';

/** What the collector makes of calls of a pulled source. */
function collected(calls: readonly object[]) {
  return collectCalls(
    calls.map((call) => ({ ...call, messageId: randomUUID() })),
    {
      source: { sourceId: 'crm', priority: 100 },
      receivedAtMs: Date.parse('2026-02-01T00:00:00Z'),
      hasher: new IdentityHasher('s'.repeat(64)),
      mayHoldEmail: true,
      newMessageId: randomUUID,
      callBytesMax: 256 * 1024,
    },
  );
}

const cancelled = {
  ...vendorFixture('shopify/order.json'),
  refunds: [vendorFixture('shopify/refund.json')],
  cancelledAt: '2026-01-13T00:00:00Z',
};
const orderCalls = shopifyOrderRecords(cancelled).map(({ mapping, record }) =>
  mapRecord(mapping, record),
);
const contacts = {
  Shopify: mapRecord(shopifyCustomerMapping, vendorFixture('shopify/customer.json')),
  HubSpot: mapRecord(
    hubspotContactMapping({ properties: [] }),
    vendorFixture('hubspot/contact.json'),
  ),
  Salesforce: mapRecord(
    salesforceContactMapping({ fields: [] }),
    vendorFixture('salesforce/contact.json'),
  ),
  Stripe: mapRecord(stripeCustomerMapping({}), {
    ...vendorFixture('stripe/customer.json'),
    statedAt: 1_768_040_000,
  }),
};

describe('a vendor’s record', () => {
  it.each(Object.entries(contacts))('of %s is taken, its address only as a hash', (_name, call) => {
    const { accepted, refused } = collected([call]);
    expect(refused).toEqual([]);
    const [record] = accepted;
    expect(record && eventIn(record).identities.map(({ kind }) => kind)).toContain('email');
    expect(record?.data.includes('@'.charCodeAt(0))).toBe(false);
  });

  it('says nothing of consent to personalisation, which no vendor asks for', () => {
    const { accepted } = collected(Object.values(contacts));
    expect(accepted.map((record) => consentOf(eventIn(record)))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(eventIn(accepted[2]!).context).toMatchObject({
      consent: { categoryPreferences: { marketing: false } },
    });
  });

  it('of an order is taken, each of its events with a claim of its own', () => {
    const { accepted, refused } = collected(orderCalls);
    expect(refused).toEqual([]);
    expect(accepted.map((record) => orderClaimOf(eventIn(record)))).toEqual([
      'order#completed#148977776',
      'order#refunded#148977776#509562969',
      'order#refunded#148977776',
    ]);
    const [bought, ...returned] = accepted.map((record) => ordersOf(eventIn(record)));
    expect(bought?.revenueMinor).toEqual({ USD: 39_800 });
    const returnedMinor = returned.reduce((sum, each) => sum + (each.refundedMinor.USD ?? 0), 0);
    expect(returnedMinor).toBe(39_800);
  });

  it('of an order without anybody is kept in quarantine with its reason', () => {
    const nobodys = { ...cancelled, customer: null, email: null, cancelledAt: null, refunds: [] };
    const calls = shopifyOrderRecords(nobodys).map(({ mapping, record }) =>
      mapRecord(mapping, record),
    );
    expect(collected(calls).refused.map(({ reason }) => reason)).toEqual(['no-identity']);
  });
});
