import { emailMappings } from './email-rules.ts';

const reason = { from: 'delivery-status.message', to: 'properties.reason' } as const;

/** Mailgun's events; the shop's own id travels as the user variable `user_id`. */
export const mailgunMappings = emailMappings(
  {
    esp: 'mailgun',
    title: 'Mailgun',
    source: 'https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads',
    customerId: ['user-variables.user_id'],
    address: ['recipient'],
    time: { from: 'timestamp', to: 'timestamp', as: 'epoch-seconds' },
    userAgent: 'client-info.user-agent',
    properties: [
      { from: 'message.headers.message-id', to: 'properties.email_id' },
      { from: 'message.headers.subject', to: 'properties.email_subject' },
      {
        from: ['user-variables.campaign_id', 'campaigns.0.id'],
        to: 'properties.campaign_id',
        as: 'text',
      },
      {
        from: ['user-variables.campaign_name', 'campaigns.0.name'],
        to: 'properties.campaign_name',
        as: 'text',
      },
    ],
  },
  {
    accepted: { event: 'Email Sent' },
    delivered: { event: 'Email Delivered' },
    opened: { event: 'Email Opened' },
    clicked: {
      event: 'Email Link Clicked',
      properties: [{ from: 'url', to: 'properties.link_url' }],
    },
    'failed-permanent': {
      event: 'Email Bounced',
      properties: [reason, { from: 'reason', to: 'properties.bounce_type' }],
    },
    'failed-temporary': { event: 'Email Deferred', properties: [reason] },
    rejected: {
      event: 'Email Rejected',
      properties: [{ from: 'reject.reason', to: 'properties.reason' }],
    },
    complained: { event: 'Email Marked as Spam' },
    unsubscribed: { event: 'Unsubscribed' },
  },
);
