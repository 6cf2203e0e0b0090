import type { CopiedField } from '../record-mapping.ts';
import { emailMappings } from './email-rules.ts';

const at = (from: string): CopiedField => ({ from, to: 'timestamp' });
const agent = (from: string): CopiedField => ({ from, to: 'context.userAgent' });

/** Amazon SES' events; the shop's own id travels as the message tag `user_id`. */
export const sesMappings = emailMappings(
  {
    esp: 'ses',
    title: 'Amazon SES',
    source:
      'https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html',
    customerId: ['customerId'],
    address: ['recipient'],
    time: at('mail.timestamp'),
    properties: [
      { from: 'mail.messageId', to: 'properties.email_id' },
      { from: 'mail.commonHeaders.subject', to: 'properties.email_subject' },
      { from: 'mail.tags.campaign_id.0', to: 'properties.campaign_id' },
      { from: 'mail.tags.campaign_name.0', to: 'properties.campaign_name' },
    ],
  },
  {
    Send: { event: 'Email Sent' },
    Delivery: { event: 'Email Delivered', time: at('delivery.timestamp') },
    Open: {
      event: 'Email Opened',
      time: at('open.timestamp'),
      properties: [agent('open.userAgent')],
    },
    Click: {
      event: 'Email Link Clicked',
      time: at('click.timestamp'),
      properties: [agent('click.userAgent'), { from: 'click.link', to: 'properties.link_url' }],
    },
    Bounce: {
      event: 'Email Bounced',
      time: at('bounce.timestamp'),
      properties: [
        { from: 'bounce.bounceType', to: 'properties.bounce_type' },
        { from: 'bounce.bounceSubType', to: 'properties.reason' },
      ],
    },
    Complaint: {
      event: 'Email Marked as Spam',
      time: at('complaint.timestamp'),
      properties: [{ from: 'complaint.complaintFeedbackType', to: 'properties.reason' }],
    },
    DeliveryDelay: {
      event: 'Email Deferred',
      time: at('deliveryDelay.timestamp'),
      properties: [{ from: 'deliveryDelay.delayType', to: 'properties.reason' }],
    },
    Reject: {
      event: 'Email Rejected',
      properties: [{ from: 'reject.reason', to: 'properties.reason' }],
    },
    RenderingFailure: {
      event: 'Email Rejected',
      properties: [{ from: 'failure.errorMessage', to: 'properties.reason' }],
    },
    SubscriptionEnded: { event: 'Unsubscribed', time: at('subscription.timestamp') },
    SubscriptionChanged: {
      event: 'Email Preferences Updated',
      time: at('subscription.timestamp'),
    },
  },
);
