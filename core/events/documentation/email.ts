import type { EventDocumentation } from '../event-documentation.ts';

const emailExample = {
  email_id: 'e-18',
  email_subject: '20 % off',
  campaign_id: 'spring',
  campaign_name: 'Spring sale',
};

export const emailDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Email Delivered': {
    description: 'The receiving server took the email.',
    mapsTo: 'the profile’s email engagement',
    examples: [emailExample],
  },
  'Email Bounced': {
    description: 'The email could not be delivered.',
    mapsTo: 'the profile’s suppression of email, where `bounce_type` says that it is for good',
    examples: [emailExample],
  },
  'Email Opened': {
    description: 'The email was opened, by its recipient or a machine.',
    mapsTo: 'the profile’s email engagement',
    examples: [emailExample],
  },
  'Email Link Clicked': {
    description: 'A link in the email was clicked.',
    mapsTo: 'the profile’s email engagement',
    examples: [{ ...emailExample, link_id: 'top', link_url: 'https://shop.example/spring' }],
  },
  'Email Marked as Spam': {
    description: 'The recipient marked the email as spam.',
    mapsTo: 'the profile’s suppression of email',
    examples: [emailExample],
  },
  Unsubscribed: {
    description: 'The recipient unsubscribed, from a list or from all.',
    mapsTo: 'the profile’s suppression of email and consent to email marketing',
    examples: [{ ...emailExample, list_id: 'news', list_name: 'Newsletter' }],
  },
};
