import { brazeWebhook } from './braze.ts';
import { customerioWebhook } from './customerio.ts';
import { klaviyoWebhook } from './klaviyo.ts';
import { mailgunWebhook } from './mailgun.ts';
import { postmarkWebhook } from './postmark.ts';
import { sendgridWebhook } from './sendgrid.ts';
import { sesWebhook } from './ses.ts';
import type { VendorWebhook } from './vendor-webhook.ts';
import type { EspName } from './webhook-document.ts';

/** Every ESP's webhook, by its name in the path. */
export const vendorWebhooks: Readonly<Record<EspName, VendorWebhook>> = {
  sendgrid: sendgridWebhook,
  ses: sesWebhook,
  mailgun: mailgunWebhook,
  postmark: postmarkWebhook,
  customerio: customerioWebhook,
  klaviyo: klaviyoWebhook,
  braze: brazeWebhook,
};
