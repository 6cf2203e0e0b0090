import { afterEach, describe, expect, it } from 'vitest';
import { createShopifyConnector, shopifyConfig } from '../../adapters/sources/shopify.ts';
import {
  type FakeOrder,
  type FakeShop,
  fakeShopify,
  SHOPIFY_TOKEN,
} from '../support/fake-shopify.ts';
import { type PullSettings, pullEverything } from '../support/pull-everything.ts';
import {
  startVendorServer,
  type VendorServer,
  vendorFixture,
} from '../support/vendor-api-server.ts';

const BEGIN_MS = Date.parse('2026-01-10T11:00:00Z');
const NOW_MS = Date.parse('2026-02-01T00:00:00Z');
const MINUTE_MS = 60_000;

let server: VendorServer;
afterEach(() => server.close());

const at = (minutes: number) => new Date(BEGIN_MS + minutes * MINUTE_MS).toISOString();

/** The n-th order, changed n minutes after the beginning. */
function order(n: number, changes: object = {}): FakeOrder {
  const recorded = vendorFixture('shopify/order.json');
  const { nodes } = Object(recorded.lineItems);
  const own = { id: `gid://shopify/Order/${n}`, legacyResourceId: String(n), updatedAt: at(n) };
  return { ...recorded, ...own, lineItems: { nodes: [...nodes] }, ...changes };
}

function shopOf(changes: Partial<FakeShop>): FakeShop {
  return { orders: [], customers: [], products: [], firstMax: 50, ...changes };
}

async function pull(
  shop: FakeShop | undefined,
  resource: string,
  settings: Partial<PullSettings> = {},
) {
  if (shop !== undefined) server = await startVendorServer(fakeShopify(shop));
  const apiUrl = server.url;
  const config = shopifyConfig.parse({ type: 'shopify', shop: 'my-shop', resource, apiUrl });
  const secrets = { accessToken: SHOPIFY_TOKEN };
  const all = { secrets, nowMs: NOW_MS, ...settings };
  return pullEverything((services) => createShopifyConnector(config, services), all);
}

const propertiesOf = (call: Readonly<Record<string, unknown>> | undefined) =>
  Object(call?.properties);
const orderIds = (calls: readonly Readonly<Record<string, unknown>>[]) =>
  calls
    .filter(({ event }) => event === 'Order Completed')
    .map((call) => propertiesOf(call).order_id)
    .sort((a, b) => Number(a) - Number(b));

describe('a shop’s orders', () => {
  it('become Order Completed in full, as what was paid for items', async () => {
    const { calls } = await pull(shopOf({ orders: [order(1)] }), 'orders');
    expect(calls).toEqual([
      {
        type: 'track',
        event: 'Order Completed',
        messageId: expect.stringMatching(/^pull-/),
        userId: '115310627314723954',
        timestamp: '2026-01-10T11:00:00Z',
        context: { traits: { email: 'bob.norman@mail.example.com' } },
        properties: {
          order_id: '1',
          order_name: '#1001',
          currency: 'USD',
          total: 409.94,
          revenue: 398,
          shipping: 0,
          tax: 11.94,
          discount: 10,
          coupon: 'TENOFF',
          products: [
            {
              product_id: '632910392',
              sku: 'IPOD2008GREEN',
              name: 'IPod Nano - 8gb',
              variant: 'green',
              brand: 'Apple',
              category: 'Cult Products',
              price: 199,
              quantity: 1,
            },
            // Its product is gone: the number on the box is what is left of it.
            {
              product_id: 'CASE-OLD',
              sku: 'CASE-OLD',
              name: 'Discontinued case',
              price: 99.5,
              quantity: 2,
            },
          ],
        },
      },
    ]);
  });

  it('keep every line, however many pages the lines have', async () => {
    const [line] = order(1).lineItems.nodes;
    const nodes = Array.from({ length: 250 }, (_, n) => ({
      ...line,
      id: `line-${n}`,
      sku: `s${n}`,
    }));
    const { calls } = await pull(
      shopOf({ orders: [order(1, { lineItems: { nodes } })] }),
      'orders',
    );
    const skus = propertiesOf(calls[0]).products.map(({ sku }: { sku: string }) => sku);
    expect(skus).toEqual(nodes.map(({ sku }) => sku));
  });

  it('are told once, and their refunds each by itself, however often they are read', async () => {
    const refund = vendorFixture('shopify/refund.json');
    const shop = shopOf({ orders: [order(1)] });
    const first = await pull(shop, 'orders');
    shop.orders[0] = order(1, { updatedAt: at(9), refunds: [refund] });
    const second = await pull(undefined, 'orders', { cursor: first.cursor });
    expect(second.calls.map(({ event }) => event)).toEqual(['Order Completed', 'Order Refunded']);
    expect(second.calls[0]?.messageId).toBe(first.calls[0]?.messageId);
    expect(propertiesOf(second.calls[1])).toMatchObject({ refund_id: '509562969', total: 199 });
  });

  it('count nothing twice when a cancellation follows and precedes refunds', async () => {
    const refund = vendorFixture('shopify/refund.json');
    const later = { ...refund, id: 'gid://shopify/Refund/2', createdAt: '2026-01-14T00:00:00Z' };
    const changes = { cancelledAt: '2026-01-13T00:00:00Z', refunds: [refund, later] };
    const { calls } = await pull(shopOf({ orders: [order(1, changes)] }), 'orders');
    const [completed, ...back] = calls;
    expect(back.map(({ event }) => event)).toEqual(['Order Refunded', 'Order Cancelled']);
    const returned = back.reduce((sum, call) => sum + propertiesOf(call).total, 0);
    expect(returned).toBe(propertiesOf(completed).revenue);
  });

  it('that are tests are no events', async () => {
    expect((await pull(shopOf({ orders: [order(1, { test: true })] }), 'orders')).calls).toEqual(
      [],
    );
  });
});

describe('a shop that is read page by page', () => {
  const ten = () => shopOf({ orders: Array.from({ length: 10 }, (_, n) => order(n + 1)) });
  const all = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];

  it('is told whole whatever goes wrong in between', async () => {
    server = await startVendorServer(fakeShopify(ten()));
    server.faults.push(
      { status: 500, body: {} },
      'none',
      'truncated',
      'repeated',
      'none',
      'time-out',
      { status: 429, headers: { 'retry-after': '7' }, body: {} },
    );
    const { calls, failures, waitsMs } = await pull(undefined, 'orders');
    expect(orderIds(calls)).toEqual(all);
    expect(failures).toHaveLength(2);
    expect(waitsMs).toContain(7_000);
  });

  it('is waited for as long as its bucket needs, though it answers 200', async () => {
    server = await startVendorServer(fakeShopify(ten()));
    server.faults.push({ body: vendorFixture('shopify/throttled.json') });
    const { calls, failures, waitsMs } = await pull(undefined, 'orders');
    expect([orderIds(calls), failures]).toEqual([all, []]);
    // (202 − 118) points at 50 a second, and a quarter of a second.
    expect(waitsMs).toEqual([1_930]);
  });

  it('is left to the next run once it throttles beyond the waits of one', async () => {
    server = await startVendorServer(fakeShopify(ten()));
    const throttled = { body: vendorFixture('shopify/throttled.json') };
    server.faults.push('none', ...Array.from({ length: 8 }, () => throttled));
    const { calls, failures, waitsMs } = await pull(undefined, 'orders');
    expect(failures).toEqual(['The source throttles beyond the waits of one run.']);
    expect([orderIds(calls), waitsMs.length]).toEqual([all, 8]);
  });

  it('is asked for less at once where a query costs too much', async () => {
    const shop = { ...ten(), firstMax: 2 };
    expect(orderIds((await pull(shop, 'orders', { recordsMax: 9 })).calls)).toEqual(all);
    const firsts = server.requests.map(({ text }) => JSON.parse(text).variables.first);
    expect(firsts.slice(0, 4)).toEqual([9, 5, 3, 2]);
  });

  it('is read on from the newest change, with the overlap before it', async () => {
    const shop = ten();
    const { cursor } = await pull(shop, 'orders');
    shop.orders.push(order(11), order(12, { updatedAt: at(9.5) }));
    const later = await pull(undefined, 'orders', { cursor, overlapMs: MINUTE_MS });
    expect(orderIds(later.calls)).toEqual(['9', '10', '11', '12']);
    expect((await pull(undefined, 'orders', { cursor: later.cursor })).calls).toHaveLength(2);
  });

  it.each([
    ['a year behind', NOW_MS - 365 * 86_400_000],
    ['a year ahead', NOW_MS + 365 * 86_400_000],
  ])('misses nothing while our clock is %s', async (_name, nowMs) => {
    const shop = ten();
    const { cursor } = await pull(shop, 'orders', { nowMs });
    shop.orders.push(order(11));
    const { calls } = await pull(undefined, 'orders', { nowMs, cursor });
    expect(orderIds(calls)).toContain('11');
  });

  it.each([
    ['in the year 2099', '2099-01-01T00:00:00Z'],
    ['an hour ahead', new Date(NOW_MS + 3_600_000).toISOString()],
  ])('misses nothing after its own clock was %s for one change', async (_name, updatedAt) => {
    const shop = ten();
    shop.orders.push(order(11, { updatedAt }));
    const { cursor } = await pull(shop, 'orders');
    shop.orders.push(order(12));
    expect(orderIds((await pull(undefined, 'orders', { cursor })).calls)).toContain('12');
  });

  it('is refused in words that help, without its own', async () => {
    server = await startVendorServer(fakeShopify(ten()));
    const denied = { message: 'bob@x.example', extensions: { code: 'ACCESS_DENIED' } };
    server.faults.push({ body: { data: { orders: null }, errors: [denied] } });
    const { failures } = await pull(undefined, 'orders');
    expect(failures).toEqual([
      "Shopify refused the query (ACCESS_DENIED): check the app's access scopes and the apiVersion.",
    ]);
  });

  it('takes no cursor of another connector', async () => {
    const cursor = { v: 1, page: 'x' };
    await expect(pull(ten(), 'orders', { cursor })).rejects.toThrow(/kindred pull reset/);
  });
});

describe('a shop’s customers', () => {
  it('become identify calls with traits and their consent to marketing', async () => {
    const recorded = vendorFixture('shopify/customer.json');
    const customer = {
      ...recorded,
      id: String(recorded.id),
      updatedAt: String(recorded.updatedAt),
    };
    const { calls } = await pull(shopOf({ customers: [customer] }), 'customers');
    expect(calls).toEqual([
      {
        type: 'identify',
        messageId: expect.stringMatching(/^pull-/),
        userId: '115310627314723954',
        timestamp: '2026-01-10T11:00:05Z',
        context: { consent: { categoryPreferences: { marketing: true } } },
        traits: {
          email: 'bob.norman@mail.example.com',
          firstName: 'Bob',
          lastName: 'Norman',
          createdAt: '2026-01-01T08:00:00Z',
          locale: 'en',
          shopify_tags: ['vip'],
          address: { city: 'Louisville', state: 'KY', country: 'US' },
          marketing_consent: true,
        },
      },
    ]);
  });
});

describe('a shop’s products', () => {
  const recorded = vendorFixture('shopify/product.json');
  const product = (changes: object) => ({
    ...recorded,
    id: String(recorded.id),
    updatedAt: String(recorded.updatedAt),
    ...changes,
  });
  const factOf = async (changes: object) =>
    (await pull(shopOf({ products: [product(changes)] }), 'products')).products[0];

  it('become facts of the catalogue', async () => {
    expect(await factOf({})).toEqual({
      itemId: '632910392',
      source: 'feed',
      timeMs: Date.parse('2026-01-09T19:00:00Z'),
      fields: {
        title: 'IPod Nano - 8GB',
        url: 'https://shop.example/products/ipod-nano',
        imageUrl: 'https://cdn.example/ipod-nano.png',
        category: 'Cult Products',
        brand: 'Apple',
        price: 199,
        currency: 'USD',
        available: true,
      },
    });
  });

  it.each([
    ['archived', { status: 'ARCHIVED' }, false],
    ['not published', { onlineStoreUrl: null }, false],
    ['sold out', { totalInventory: 0, variants: { nodes: [{ availableForSale: false }] } }, false],
    ['sold on without stock', { totalInventory: -3 }, true],
    ['in stock beyond the first variants', { variants: { nodes: [] } }, true],
  ])('that are %s', async (_name, changes, available) => {
    expect((await factOf(changes))?.fields.available).toBe(available);
  });
});
