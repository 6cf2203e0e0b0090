import * as z from 'zod';
import type { Connector } from './connector.ts';
import type { DatabaseServices } from './database-connection.ts';
import { createHubspotConnector, hubspotConfig } from './hubspot.ts';
import { createMysqlConnector, mysqlConfig } from './mysql.ts';
import { createPostgresqlConnector, postgresqlConfig } from './postgresql.ts';
import { type ConnectorServices, createRestConnector, restConfig } from './rest.ts';
import { createSalesforceConnector, salesforceConfig } from './salesforce.ts';
import { createShopifyConnector, shopifyConfig } from './shopify.ts';
import { createStripeConnector, stripeConfig } from './stripe.ts';

/**
 * What is read, from where and how often: a document of the config table, kind `pull`, id the source's.
 * Credentials stand in the sources' secret under the same id.
 */
export const pullDocument = z.strictObject({
  isEnabled: z.boolean().default(true),
  /** Time between the starts of two runs. */
  everySeconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .default(900),
  /** How far before the newest known change a run begins, for records that were committed late. */
  overlapSeconds: z.int().min(0).max(86_400).default(300),
  pageRecordsMax: z.int().min(1).max(1_000).default(200),
  /** Pages from the beginning of a pass to its end; more of them are taken for a loop. */
  pagesMax: z.int().min(1).max(10_000_000).default(100_000),
  /** For sources inside of the operator's own network; the metadata service stays out of reach. */
  allowPrivateAddresses: z.boolean().default(false),
  connector: z.discriminatedUnion('type', [
    restConfig,
    postgresqlConfig,
    mysqlConfig,
    shopifyConfig,
    hubspotConfig,
    salesforceConfig,
    stripeConfig,
  ]),
});
export type PullDocument = z.infer<typeof pullDocument>;

export function createConnector(
  config: PullDocument['connector'],
  services: ConnectorServices & DatabaseServices,
): Connector {
  switch (config.type) {
    case 'rest':
      return createRestConnector(config, services);
    case 'postgresql':
      return createPostgresqlConnector(config, services);
    case 'mysql':
      return createMysqlConnector(config, services);
    case 'shopify':
      return createShopifyConnector(config, services);
    case 'hubspot':
      return createHubspotConnector(config, services);
    case 'salesforce':
      return createSalesforceConnector(config, services);
    case 'stripe':
      return createStripeConnector(config, services);
  }
}
