/**
 * A batch as a shop's website sends it: twenty e-commerce events of one visitor, about a kilobyte each,
 * four a page, with the context that analytics-next adds.
 */
export function realisticBatch(batchNumber: number): object {
  return {
    sentAt: SENT_AT,
    batch: Array.from({ length: BATCH_EVENTS }, (_, index) => eventOf(batchNumber, index)),
  };
}

/** The same with an address in it, for which every text has to be searched. */
export function addressedBatch(batchNumber: number): object {
  return { ...realisticBatch(batchNumber), sender: 'anna@shop.example' };
}

export const BATCH_EVENTS = 20;
const SENT_AT = '2026-11-23T09:15:00.123Z';

function eventOf(batchNumber: number, index: number): object {
  const number = batchNumber * BATCH_EVENTS + index;
  const page = Math.floor(number / 4);
  const [event, properties] = calls[index % calls.length]?.(number) ?? ['Custom', {}];
  return {
    type: 'track',
    event,
    messageId: `ajs-next-1763888100123-${String(number).padStart(12, '0')}-7c9e6679`,
    anonymousId: `3f2b8f0a-9d1c-4e6b-8a77-${String(batchNumber).padStart(12, '0')}`,
    userId: `customer-${batchNumber}`,
    timestamp: `2026-11-23T09:14:${String(10 + index).padStart(2, '0')}.512Z`,
    context: {
      page: {
        path: `/garden/tools/secateurs-${page}`,
        referrer: 'https://www.search.example/',
        search: '?utm_source=newsletter&utm_medium=email&utm_campaign=autumn',
        title: 'Secateurs and loppers for every hedge',
        url: `https://shop.example/garden/tools/secateurs-${page}?utm_source=newsletter&utm_medium=email&utm_campaign=autumn`,
      },
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      locale: 'en-GB',
      library: { name: 'analytics.js', version: 'next-1.84.3' },
    },
    properties,
    integrations: {},
  };
}

const calls: readonly ((number: number) => [string, object])[] = [
  (number) => ['Product Viewed', productOf(number)],
  (number) => ['Product Added', { ...productOf(number), cart_id: `cart-${number % 977}` }],
  (number) => [
    'Product List Viewed',
    {
      list_id: 'secateurs',
      category: 'Garden tools',
      products: [productOf(number), productOf(number + 1)].map(
        ({ product_id, sku, name, price }) => ({ product_id, sku, name, price }),
      ),
    },
  ],
  (number) => [
    'Order Completed',
    {
      order_id: `order-${number}`,
      total: 64.4,
      revenue: 58.9,
      shipping: 5.5,
      tax: 9.4,
      currency: 'GBP',
      products: [productOf(number), productOf(number + 1)].map(
        ({ product_id, name, price, quantity }) => ({ product_id, name, price, quantity }),
      ),
    },
  ],
];

function productOf(number: number) {
  return {
    product_id: `item-${number % 4_000}`,
    sku: `SKU-${number % 4_000}`,
    category: 'Garden tools',
    name: 'Bypass secateurs, 22 mm, drop-forged',
    brand: 'Hollybush',
    variant: 'red',
    price: 29.45,
    quantity: 2,
    currency: 'GBP',
    url: 'https://shop.example/garden/tools/secateurs/bypass-22',
    image_url: 'https://cdn.shop.example/i/bypass-22.jpg',
  };
}

/** The same events, each broken in one place: a missing id, a wrong type, a wrong date, a decimal comma. */
export function invalidBatch(batchNumber: number): object {
  return {
    sentAt: SENT_AT,
    batch: Array.from({ length: BATCH_EVENTS }, (_, index) => ({
      ...eventOf(batchNumber, index),
      ...mistakes[index % mistakes.length],
    })),
  };
}

const mistakes: readonly object[] = [
  { event: 'Product Viewed', properties: { name: 'Secateurs', price: '29,45' } },
  { event: 'Order Completed', properties: { order_id: 7, products: 'none' } },
  { timestamp: '23.11.2026 09:14' },
  { userId: ['customer'], anonymousId: { id: 1 } },
];
