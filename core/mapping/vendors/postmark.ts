import type { CopiedField } from '../record-mapping.ts';
import { emailMappings } from './email-rules.ts';

const at = (from: string): CopiedField => ({ from, to: 'timestamp' });
const bounce = [
  { from: 'Type', to: 'properties.bounce_type' },
  { from: 'Description', to: 'properties.reason' },
] as const;

/** Postmark's webhooks; the shop's own id travels as the metadata field `user_id`. */
export const postmarkMappings = emailMappings(
  {
    esp: 'postmark',
    title: 'Postmark',
    source: 'https://postmarkapp.com/developer/webhooks/webhooks-overview',
    customerId: ['Metadata.user_id'],
    address: ['Recipient', 'Email'],
    time: at('ReceivedAt'),
    userAgent: 'UserAgent',
    properties: [
      { from: 'MessageID', to: 'properties.email_id' },
      { from: 'Subject', to: 'properties.email_subject' },
      { from: ['Metadata.campaign_id', 'Tag'], to: 'properties.campaign_id' },
      { from: 'Metadata.campaign_name', to: 'properties.campaign_name' },
    ],
  },
  {
    Delivery: { event: 'Email Delivered', time: at('DeliveredAt') },
    Open: { event: 'Email Opened' },
    Click: {
      event: 'Email Link Clicked',
      properties: [{ from: 'OriginalLink', to: 'properties.link_url' }],
    },
    Bounce: { event: 'Email Bounced', time: at('BouncedAt'), properties: bounce },
    SpamComplaint: { event: 'Email Marked as Spam', time: at('BouncedAt') },
    SubscriptionEnded: { event: 'Unsubscribed', time: at('ChangedAt') },
    Suppressed: {
      event: 'Email Suppressed',
      time: at('ChangedAt'),
      properties: [{ from: 'SuppressionReason', to: 'properties.reason' }],
    },
    Resubscribed: { event: 'Email Resubscribed', time: at('ChangedAt') },
  },
);
