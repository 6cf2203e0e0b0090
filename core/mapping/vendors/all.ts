import type { ProductMapping, RecordMapping } from '../record-mapping.ts';
import { brazeMappings } from './braze.ts';
import { customerioMappings } from './customerio.ts';
import { hubspotMappings } from './hubspot.ts';
import { klaviyoMappings } from './klaviyo.ts';
import { mailgunMappings } from './mailgun.ts';
import { postmarkMappings } from './postmark.ts';
import { salesforceMappings } from './salesforce.ts';
import { sendgridMappings } from './sendgrid.ts';
import { sesMappings } from './ses.ts';
import { shopifyMappings, shopifyProductMapping } from './shopify.ts';
import { stripeMappings } from './stripe.ts';

/** Every vendor's records that become calls: the webhooks' and the pulls'. */
export const vendorMappings: readonly RecordMapping[] = [
  ...shopifyMappings,
  ...hubspotMappings,
  ...salesforceMappings,
  ...stripeMappings,
  ...sendgridMappings,
  ...sesMappings,
  ...mailgunMappings,
  ...postmarkMappings,
  ...customerioMappings,
  ...klaviyoMappings,
  ...brazeMappings,
];

/** Every vendor's records that become facts of the catalogue. */
export const vendorProductMappings: readonly ProductMapping[] = [shopifyProductMapping];
