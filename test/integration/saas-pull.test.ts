import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeOrder, fakeShopify, SHOPIFY_TOKEN } from '../support/fake-shopify.ts';
import { fakeStripe, STRIPE_KEY } from '../support/fake-stripe.ts';
import {
  startVendorServer,
  type VendorServer,
  vendorFixture,
} from '../support/vendor-api-server.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const recordedOrder = vendorFixture('shopify/order.json');
const order: FakeOrder = {
  ...recordedOrder,
  id: String(recordedOrder.id),
  updatedAt: String(recordedOrder.updatedAt),
  lineItems: { nodes: [...Object(recordedOrder.lineItems).nodes] },
};
const recordedProduct = vendorFixture('shopify/product.json');
const product = {
  ...recordedProduct,
  id: String(recordedProduct.id),
  updatedAt: '2026-01-09T19:00:00Z',
};
const customer = { ...vendorFixture('stripe/customer.json'), id: 'cus_1', created: 1_767_950_000 };

let test: TestCloud;
let shopify: VendorServer;
let stripe: VendorServer;
beforeAll(async () => {
  shopify = await startVendorServer(
    fakeShopify({ orders: [order], customers: [], products: [product], firstMax: 50 }),
  );
  const nowS = Math.floor(Date.now() / 1000);
  stripe = await startVendorServer(fakeStripe({ customers: [customer], events: [], nowS }));
  test = await startTestCloud();
  await putSecrets({
    'shop-orders': { accessToken: SHOPIFY_TOKEN },
    'shop-products': { accessToken: SHOPIFY_TOKEN },
    billing: { apiKey: STRIPE_KEY },
  });
  const shop = { type: 'shopify', shop: 'my-shop', apiUrl: shopify.url };
  await putPull('shop-orders', { ...shop, resource: 'orders' });
  await putPull('shop-products', { ...shop, resource: 'products' });
  await putPull('billing', { type: 'stripe', apiUrl: stripe.url, customerIdMetadata: 'user_id' });
});
afterAll(async () => {
  await test?.stop();
  shopify?.close();
  stripe?.close();
});

async function putSecrets(secrets: object): Promise<void> {
  const { region, aws, resources } = test.cloud.connection;
  const client = new SecretsManagerClient({
    region,
    endpoint: aws.secretsmanager ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(
    new PutSecretValueCommand({
      SecretId: resources.SourceSecretsArn ?? '',
      SecretString: JSON.stringify(secrets),
    }),
  );
  client.destroy();
}

async function putPull(id: string, connector: object): Promise<void> {
  await test.clients.dynamoDb.send(
    new PutItemCommand({
      TableName: test.cloud.connection.resources.ConfigTableName ?? '',
      Item: marshall({ kind: 'pull', id, allowPrivateAddresses: true, connector }),
    }),
  );
}

async function runPulls(): Promise<unknown> {
  const { sfn } = test.clients;
  const stateMachineArn = test.cloud.connection.resources.PullStateMachineArn ?? '';
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  const ended = await eventually(
    'the end of the pull',
    () => sfn.send(new DescribeExecutionCommand({ executionArn })),
    ({ status }) => status !== 'RUNNING',
  );
  return JSON.parse(ended.output ?? '[]');
}

async function itemOf(itemId: string) {
  const found = await test.clients.dynamoDb.send(
    new GetItemCommand({
      TableName: test.cloud.connection.resources.CatalogueTableName ?? '',
      Key: marshall({ itemId }),
      ConsistentRead: true,
    }),
  );
  return found.Item === undefined ? undefined : unmarshall(found.Item);
}

describe('from a shop’s and a payment service’s APIs', () => {
  it('orders and customers come into profiles and products into the catalogue', async () => {
    // Two executions may overlap with the schedule's own: whoever leases a source reads it.
    await runPulls();
    const buyer = await eventually(
      'the order in a profile',
      () => test.profileOf('115310627314723954'),
      (found) => found?.orders.count === 1,
    );
    expect(buyer?.orders.revenueMinor).toEqual({ USD: 39_800 });
    const payer = await eventually(
      'the customer in a profile',
      () => test.profileOf('shop-77'),
      (found) => found !== undefined,
    );
    expect(payer?.traits.name?.value).toBe('Jenny Rosen');
    const item = await eventually(
      'the product in the catalogue',
      () => itemOf('632910392'),
      (found) => found?.source === 'feed',
    );
    expect(item).toMatchObject({ title: 'IPod Nano - 8GB', price: 199, available: true });
    expect(test.logLines().join('\n')).not.toMatch(/bob\.norman|jennyrosen|shpat_|rk_test/);
  });
});
