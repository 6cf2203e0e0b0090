import { emailMappings } from './email-rules.ts';

/** Klaviyo's system webhooks; a profile's external id is the shop's own. */
export const klaviyoMappings = emailMappings(
  {
    esp: 'klaviyo',
    title: 'Klaviyo',
    source: 'https://developers.klaviyo.com/en/docs/working_with_system_webhooks',
    customerId: ['profile.external_id'],
    address: ['profile.email', 'attributes.event_properties.email'],
    time: { from: 'attributes.datetime', to: 'timestamp' },
    properties: [
      { from: 'attributes.event_properties.$message', to: 'properties.email_id', as: 'text' },
      { from: 'attributes.event_properties.Subject', to: 'properties.email_subject' },
      { from: 'attributes.event_properties.$message', to: 'properties.campaign_id', as: 'text' },
      { from: 'attributes.event_properties.Campaign Name', to: 'properties.campaign_name' },
    ],
  },
  {
    received_email: { event: 'Email Delivered' },
    email_delivered: { event: 'Email Delivered' },
    opened_email: { event: 'Email Opened' },
    clicked_email: {
      event: 'Email Link Clicked',
      properties: [{ from: 'attributes.event_properties.URL', to: 'properties.link_url' }],
    },
    bounced_email: {
      event: 'Email Bounced',
      properties: [
        { from: 'attributes.event_properties.Bounce Type', to: 'properties.bounce_type' },
      ],
    },
    dropped_email: { event: 'Email Dropped' },
    marked_email_as_spam: { event: 'Email Marked as Spam' },
    unsubscribed_from_email_marketing: { event: 'Unsubscribed' },
    unsubscribed_from_list: { event: 'Email Preferences Updated' },
    subscribed_to_email_marketing: { event: 'Email Resubscribed' },
    updated_email_preferences: { event: 'Email Preferences Updated' },
  },
);
