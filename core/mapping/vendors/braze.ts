import { emailMappings } from './email-rules.ts';

const bounce = { from: 'bounce_reason', to: 'properties.reason' } as const;

/** Braze Currents' email events; the external id is the shop's own. */
export const brazeMappings = emailMappings(
  {
    esp: 'braze',
    title: 'Braze Currents',
    source:
      'https://www.braze.com/docs/user_guide/data/distribution/braze_currents/event_glossary/message_engagement_events',
    customerId: ['external_user_id'],
    address: ['email_address'],
    time: { from: 'time', to: 'timestamp', as: 'epoch-seconds' },
    userAgent: 'user_agent',
    properties: [
      { from: ['dispatch_id', 'send_id'], to: 'properties.email_id', as: 'text' },
      {
        from: ['campaign_id', 'canvas_id'],
        to: 'properties.campaign_id',
        as: 'text',
      },
      { from: ['campaign_name', 'canvas_name'], to: 'properties.campaign_name' },
    ],
  },
  {
    'users.messages.email.Send': { event: 'Email Sent' },
    'users.messages.email.Delivery': { event: 'Email Delivered' },
    'users.messages.email.Open': { event: 'Email Opened' },
    'users.messages.email.Click': {
      event: 'Email Link Clicked',
      properties: [
        { from: ['url', 'link_url'], to: 'properties.link_url' },
        { from: ['link_alias', 'link_id'], to: 'properties.link_id', as: 'text' },
      ],
    },
    'users.messages.email.Bounce': {
      event: 'Email Bounced',
      properties: [bounce, { value: 'hard', to: 'properties.bounce_type' }],
    },
    'users.messages.email.SoftBounce': {
      event: 'Email Bounced',
      properties: [bounce, { value: 'soft', to: 'properties.bounce_type' }],
    },
    'users.messages.email.Deferral': { event: 'Email Deferred' },
    'users.messages.email.MarkAsSpam': { event: 'Email Marked as Spam' },
    'users.messages.email.Unsubscribe': { event: 'Unsubscribed' },
  },
);
