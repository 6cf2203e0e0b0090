import { emailMappings } from './email-rules.ts';

const reason = { from: 'reason', to: 'properties.reason' } as const;
const link = { from: 'url', to: 'properties.link_url' } as const;
const group = { from: 'asm_group_id', to: 'properties.unsubscribe_group_id', as: 'text' } as const;

/** Twilio SendGrid's Event Webhook; the shop's own id travels as the custom argument `user_id`. */
export const sendgridMappings = emailMappings(
  {
    esp: 'sendgrid',
    title: 'SendGrid',
    source: 'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event',
    customerId: ['user_id'],
    address: ['email'],
    time: { from: 'timestamp', to: 'timestamp', as: 'epoch-seconds' },
    userAgent: 'useragent',
    properties: [
      { from: 'sg_message_id', to: 'properties.email_id', as: 'text' },
      { from: 'subject', to: 'properties.email_subject', as: 'text' },
      {
        from: ['marketing_campaign_id', 'singlesend_id', 'campaign_id'],
        to: 'properties.campaign_id',
        as: 'text',
      },
      {
        from: ['marketing_campaign_name', 'singlesend_name'],
        to: 'properties.campaign_name',
        as: 'text',
      },
    ],
  },
  {
    processed: { event: 'Email Sent' },
    delivered: { event: 'Email Delivered' },
    open: { event: 'Email Opened' },
    click: { event: 'Email Link Clicked', properties: [link] },
    bounce: {
      event: 'Email Bounced',
      properties: [reason, { from: 'type', to: 'properties.bounce_type' }],
    },
    deferred: {
      event: 'Email Deferred',
      properties: [{ from: 'response', to: 'properties.reason' }],
    },
    dropped: { event: 'Email Dropped', properties: [reason] },
    spamreport: { event: 'Email Marked as Spam' },
    unsubscribe: { event: 'Unsubscribed' },
    group_unsubscribe: { event: 'Unsubscribed', properties: [group] },
    group_resubscribe: { event: 'Email Resubscribed', properties: [group] },
  },
);
