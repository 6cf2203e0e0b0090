import { isJsonObject } from '../../events/json-value.ts';
import {
  type FieldRule,
  type ProductMapping,
  type RecordMapping,
  valueAtPath,
} from '../record-mapping.ts';
import { marketingConsent } from './marketing-consent.ts';

const ORDER_PAGE = 'https://shopify.dev/docs/api/admin-graphql/latest/objects/Order';

/** The customer's number in the shop, which web shops send as user id too, else the address. */
const orderCustomer: readonly FieldRule[] = [
  { from: ['customer.legacyResourceId', 'email'], to: 'userId', as: 'text' },
  { from: ['email', 'customer.defaultEmailAddress.emailAddress'], to: 'context.traits.email' },
];

const order: readonly FieldRule[] = [
  { from: 'legacyResourceId', to: 'properties.order_id', as: 'text' },
  { from: 'name', to: 'properties.order_name' },
  { from: 'currencyCode', to: 'properties.currency' },
];

const orderCompleted: RecordMapping = {
  id: 'shopify/order',
  title: 'Shopify: orders',
  source: ORDER_PAGE,
  call: { type: 'track', event: 'Order Completed' },
  fields: [
    ...orderCustomer,
    { from: ['processedAt', 'createdAt'], to: 'timestamp' },
    ...order,
    { from: 'totalPriceSet.shopMoney.amount', to: 'properties.total', as: 'number' },
    { from: 'subtotalPriceSet.shopMoney.amount', to: 'properties.revenue', as: 'number' },
    { from: 'totalShippingPriceSet.shopMoney.amount', to: 'properties.shipping', as: 'number' },
    { from: 'totalTaxSet.shopMoney.amount', to: 'properties.tax', as: 'number' },
    { from: 'totalDiscountsSet.shopMoney.amount', to: 'properties.discount', as: 'number' },
    { from: 'discountCodes.0', to: 'properties.coupon' },
    {
      from: ['lines[].product.legacyResourceId', 'lines[].sku'],
      to: 'properties.products[].product_id',
      as: 'text',
    },
    { from: 'lines[].sku', to: 'properties.products[].sku' },
    { from: 'lines[].title', to: 'properties.products[].name' },
    { from: 'lines[].variantTitle', to: 'properties.products[].variant' },
    { from: 'lines[].vendor', to: 'properties.products[].brand' },
    { from: 'lines[].product.productType', to: 'properties.products[].category' },
    {
      from: 'lines[].discountedUnitPriceSet.shopMoney.amount',
      to: 'properties.products[].price',
      as: 'number',
    },
    { from: 'lines[].quantity', to: 'properties.products[].quantity' },
  ],
};

const orderRefunded: RecordMapping = {
  id: 'shopify/refund',
  title: 'Shopify: refunds of orders',
  source: 'https://shopify.dev/docs/api/admin-graphql/latest/objects/Refund',
  call: { type: 'track', event: 'Order Refunded' },
  fields: [
    ...orderCustomer,
    { from: 'refund.createdAt', to: 'timestamp' },
    ...order,
    { from: 'refund.legacyResourceId', to: 'properties.refund_id', as: 'text' },
    {
      from: 'refund.totalRefundedSet.shopMoney.amount',
      to: 'properties.total',
      as: 'number',
    },
  ],
};

const orderCancelled: RecordMapping = {
  id: 'shopify/cancellation',
  title: 'Shopify: cancelled orders',
  source: ORDER_PAGE,
  call: { type: 'track', event: 'Order Cancelled' },
  fields: [
    ...orderCustomer,
    { from: 'cancelledAt', to: 'timestamp' },
    ...order,
    { from: 'cancelReason', to: 'properties.reason', as: 'lower-case' },
    { from: 'unrefunded', to: 'properties.total', as: 'number' },
  ],
};

const customer: RecordMapping = {
  id: 'shopify/customer',
  title: 'Shopify: customers',
  source: 'https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer',
  call: { type: 'identify' },
  fields: [
    { from: 'legacyResourceId', to: 'userId', as: 'text' },
    { from: 'updatedAt', to: 'timestamp' },
    { from: 'defaultEmailAddress.emailAddress', to: 'traits.email' },
    { from: 'firstName', to: 'traits.firstName' },
    { from: 'lastName', to: 'traits.lastName' },
    { from: 'createdAt', to: 'traits.createdAt' },
    { from: 'locale', to: 'traits.locale' },
    { from: 'tags', to: 'traits.shopify_tags' },
    { from: 'defaultAddress.city', to: 'traits.address.city' },
    { from: 'defaultAddress.provinceCode', to: 'traits.address.state' },
    { from: 'defaultAddress.countryCodeV2', to: 'traits.address.country' },
    ...marketingConsent('defaultEmailAddress.marketingState', 'subscription'),
  ],
};

/** Items are products, not variants: a product's page, texts and pictures are what a mail shows. */
const product: ProductMapping = {
  id: 'shopify/product',
  title: 'Shopify: products',
  source: 'https://shopify.dev/docs/api/admin-graphql/latest/objects/Product',
  fields: [
    { from: 'legacyResourceId', to: 'product_id', as: 'text' },
    { from: 'updatedAt', to: 'timestamp' },
    { from: 'title', to: 'name' },
    { from: 'productType', to: 'category' },
    { from: 'vendor', to: 'brand' },
    { from: 'onlineStoreUrl', to: 'url' },
    { from: 'featuredMedia.preview.image.url', to: 'image_url' },
    { from: 'priceRangeV2.minVariantPrice.amount', to: 'price', as: 'number' },
    { from: 'priceRangeV2.minVariantPrice.currencyCode', to: 'currency' },
    { from: 'isAvailable', to: 'available' },
  ],
};

export const shopifyMappings: readonly RecordMapping[] = [
  orderCompleted,
  orderRefunded,
  orderCancelled,
  customer,
];
export const shopifyProductMapping = product;
export const shopifyCustomerMapping = customer;

/** A record and the rules for it; `version` tells it from others of the same id. */
export interface MappedRecord {
  readonly mapping: RecordMapping;
  readonly record: unknown;
  readonly id: string;
  readonly version: readonly unknown[];
}

/**
 * The events of one order. What was bought does not change, nor does a refund or a cancellation: each
 * keeps its message id however often the order is read. A cancellation gives back what no refund gave
 * before it; refunds after it pay out what it has counted already, and are no events.
 */
export function shopifyOrderRecords(record: unknown): MappedRecord[] {
  const id = valueAtPath(record, 'id');
  if (!isJsonObject(record) || typeof id !== 'string' || record.test === true) return [];
  const cancelledMs = timeMs(record.cancelledAt);
  const refunds = (Array.isArray(record.refunds) ? record.refunds : []).filter(
    (refund) => cancelledMs === undefined || (timeMs(refund?.createdAt) ?? 0) <= cancelledMs,
  );
  const records: MappedRecord[] = [
    { mapping: orderCompleted, record: withItemLines(record), id, version: ['completed'] },
  ];
  for (const refund of refunds) {
    // A return that nothing was paid back for yet.
    if (amountAt(refund, 'totalRefundedSet.shopMoney.amount') === 0) continue;
    const version = ['refunded', valueAtPath(refund, 'id')];
    records.push({ mapping: orderRefunded, record: { ...record, refund }, id, version });
  }
  if (cancelledMs !== undefined) {
    const unrefunded = remainder(record, refunds);
    records.push({
      mapping: orderCancelled,
      record: { ...record, unrefunded },
      id,
      version: ['cancelled'],
    });
  }
  return records;
}

/** Tips and other lines of no product have no item to speak of; the order's total holds them. */
function withItemLines(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lines = valueAtPath(record, 'lineItems.nodes');
  const isOfItem = (line: unknown) =>
    isText(valueAtPath(line, 'product.legacyResourceId')) || isText(valueAtPath(line, 'sku'));
  return { ...record, lines: Array.isArray(lines) ? lines.filter(isOfItem) : [] };
}

/** In whole hundredths, so that binary fractions leave nothing over. */
function remainder(record: unknown, refunds: readonly unknown[]): number {
  const hundredths = (amount: number) => Math.round(amount * 100);
  const refunded = refunds.reduce<number>(
    (sum, refund) => sum + hundredths(amountAt(refund, 'totalRefundedSet.shopMoney.amount')),
    0,
  );
  const revenue = hundredths(amountAt(record, 'subtotalPriceSet.shopMoney.amount'));
  return Math.max(0, revenue - refunded) / 100;
}

/** A product that a customer can buy on the website now, as one value. */
export function withAvailability(record: unknown): Record<string, unknown> {
  const fields = isJsonObject(record) ? record : {};
  const variants = valueAtPath(fields, 'variants.nodes');
  const isInStock =
    (Array.isArray(variants) && variants.some((each) => each?.availableForSale === true)) ||
    Number(fields.totalInventory ?? 0) > 0;
  const isPublished = fields.status === 'ACTIVE' && isText(fields.onlineStoreUrl);
  return { ...fields, isAvailable: isPublished && isInStock };
}

function amountAt(record: unknown, path: string): number {
  const amount = Number(valueAtPath(record, path) ?? 0);
  return Number.isFinite(amount) ? amount : 0;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function timeMs(value: unknown): number | undefined {
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}
