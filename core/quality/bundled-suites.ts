import { parseSuite, type Suite } from './suite.ts';
import catalogue from './suites/catalogue.json' with { type: 'json' };
import customers from './suites/customers.json' with { type: 'json' };
import events from './suites/events.json' with { type: 'json' };
import interactions from './suites/interactions.json' with { type: 'json' };
import orders from './suites/orders.json' with { type: 'json' };

/**
 * The suites that are audited where the shop registered none of the same id. One that doesn't hold
 * fails when the module loads: at deployment, never at night.
 */
export const bundledSuites: readonly Suite[] = Object.entries({
  events,
  orders,
  interactions,
  customers,
  catalogue,
}).map(([name, document]) => parseSuite(document, `core/quality/suites/${name}.json`));
