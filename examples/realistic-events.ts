/** Events of a shop as browser SDKs send them, a kilobyte each, for measurements. */

const context = {
  active: true,
  app: { name: 'shop', version: '4.2.0' },
  campaign: { source: 'newsletter', medium: 'email', name: 'spring' },
  library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
  locale: 'en-GB',
  page: {
    path: '/kitchen/blue-mug',
    referrer: 'https://search.example/',
    search: '',
    title: 'Blue mug',
    url: 'https://shop.example/kitchen/blue-mug',
  },
  screen: { width: 1440, height: 900, density: 2 },
  timezone: 'Europe/London',
  userAgent:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
};

const product = (number: number) => ({
  product_id: `sku-${number}`,
  name: `Product number ${number}`,
  price: 12.5,
  quantity: 1,
});

const propertiesOf = (number: number): Readonly<Record<string, unknown>> =>
  number % 4 === 0
    ? { order_id: `o-${number}`, total: 25, currency: 'GBP', products: [product(1), product(2)] }
    : { ...product(number), category: 'Kitchen', currency: 'GBP', brand: 'Potters', position: 3 };

const nameOf = (number: number): string =>
  ['Order Completed', 'Product Viewed', 'Product Added', 'Product Clicked'][number % 4] ?? '';

const traitsOf = (number: number, fault: Fault): Readonly<Record<string, unknown>> => ({
  email: fault === 'field' ? 'n/a' : `customer${number}@shop.example`,
  plan: 'gold',
});

/** What is wrong with each call: nothing, one of its properties, or one of its own fields. */
export type Fault = 'none' | 'property' | 'field';

/** Track calls of about a kilobyte. */
export function realisticCalls(count: number, fault: Fault = 'none'): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, number) => ({
    type: 'track',
    event: nameOf(number),
    messageId: `ajs-next-1763900000000-2f0c9b1e-5d1a-4f3e-9a34-${number}`,
    anonymousId: '7f3b7c1e-0e0a-4d0b-9d55-0f4f2b9a1c11',
    userId: `customer-${number}`,
    timestamp: '2026-11-23T11:59:58.123Z',
    context: { ...context, traits: traitsOf(number, fault) },
    integrations: {},
    properties:
      fault === 'property' ? { ...propertiesOf(number), currency: '£' } : propertiesOf(number),
  }));
}
