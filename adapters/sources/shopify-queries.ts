/**
 * What is asked of Shopify's GraphQL Admin API.
 * Source: https://shopify.dev/docs/api/admin-graphql/latest/queries/orders (customers, products)
 */

/** An order's first lines come with it; the rest is asked for page by page. */
export const LINES_WITH_ORDER = 20;
/** A connection's most. Source: https://shopify.dev/docs/api/usage/pagination-graphql */
export const LINES_PER_PAGE = 100;

const money = 'shopMoney { amount }';

const lineFields = `
  nodes {
    id title variantTitle sku vendor quantity
    discountedUnitPriceSet { ${money} }
    product { legacyResourceId productType }
  }
  pageInfo { hasNextPage endCursor }`;

const orderFields = `
  id legacyResourceId name email test currencyCode
  createdAt processedAt updatedAt cancelledAt cancelReason discountCodes
  totalPriceSet { ${money} }
  subtotalPriceSet { ${money} }
  totalShippingPriceSet { ${money} }
  totalTaxSet { ${money} }
  totalDiscountsSet { ${money} }
  customer { id legacyResourceId defaultEmailAddress { emailAddress } }
  refunds { id legacyResourceId createdAt totalRefundedSet { ${money} } }
  lineItems(first: ${LINES_WITH_ORDER}) { ${lineFields} }`;

const customerFields = `
  id legacyResourceId firstName lastName createdAt updatedAt locale tags
  defaultEmailAddress { emailAddress marketingState marketingUpdatedAt }
  defaultAddress { city provinceCode countryCodeV2 }`;

const productFields = `
  id legacyResourceId title status vendor productType updatedAt onlineStoreUrl totalInventory
  featuredMedia { preview { image { url } } }
  priceRangeV2 { minVariantPrice { amount currencyCode } }
  variants(first: 10) { nodes { availableForSale } }`;

export const shopifyResources = ['orders', 'customers', 'products'] as const;
export type ShopifyResource = (typeof shopifyResources)[number];

export const pageQueries: Readonly<Record<ShopifyResource, string>> = {
  orders: pageQuery('orders', orderFields),
  customers: pageQuery('customers', customerFields),
  products: pageQuery('products', productFields),
};

export const linesQuery = `query Lines($id: ID!, $after: String) {
  order(id: $id) { lineItems(first: ${LINES_PER_PAGE}, after: $after) { ${lineFields} } }
}`;

function pageQuery(resource: ShopifyResource, fields: string): string {
  return `query Page($first: Int!, $after: String, $query: String) {
  ${resource}(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ${fields} }
    pageInfo { hasNextPage endCursor }
  }
}`;
}
