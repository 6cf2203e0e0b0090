import { emailMappings } from './email-rules.ts';

const reason = { from: 'data.failure_message', to: 'properties.reason' } as const;

/** Customer.io's reporting webhooks; a person's `id` there is the shop's own. */
export const customerioMappings = emailMappings(
  {
    esp: 'customerio',
    title: 'Customer.io',
    source: 'https://docs.customer.io/integrations/api/webhooks',
    customerId: ['data.identifiers.id', 'data.customer_id'],
    address: ['data.identifiers.email', 'data.recipient', 'data.email_address'],
    time: { from: 'timestamp', to: 'timestamp', as: 'epoch-seconds' },
    userAgent: 'data.user_agent',
    properties: [
      { from: 'data.delivery_id', to: 'properties.email_id', as: 'text' },
      { from: 'data.subject', to: 'properties.email_subject' },
      {
        from: ['data.campaign_id', 'data.broadcast_id', 'data.newsletter_id'],
        to: 'properties.campaign_id',
        as: 'text',
      },
      { from: 'data.campaign_name', to: 'properties.campaign_name' },
    ],
  },
  {
    sent: { event: 'Email Sent' },
    delivered: { event: 'Email Delivered' },
    opened: { event: 'Email Opened' },
    clicked: {
      event: 'Email Link Clicked',
      properties: [
        { from: 'data.href', to: 'properties.link_url' },
        { from: 'data.link_id', to: 'properties.link_id', as: 'text' },
      ],
    },
    bounced: { event: 'Email Bounced', properties: [reason] },
    failed: { event: 'Email Rejected', properties: [reason] },
    deferred: { event: 'Email Deferred', properties: [reason] },
    dropped: { event: 'Email Dropped', properties: [reason] },
    spammed: { event: 'Email Marked as Spam' },
    unsubscribed: { event: 'Unsubscribed' },
    subscribed: { event: 'Email Resubscribed' },
    converted: { event: 'Email Converted' },
  },
);
