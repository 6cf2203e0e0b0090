import * as z from 'zod';
import { type EventDefinition, KEPT } from '../event-definition.ts';
import { optionalFlag, optionalId, optionalText } from '../field.ts';

const emailFields = {
  email_id: optionalId,
  email_subject: optionalText,
  campaign_id: optionalId,
  campaign_name: optionalText,
  // Of ours, beside the spec: an open or a click by a mail client's proxy and not by a person.
  machine_open: optionalFlag,
};
const email = z.looseObject(emailFields);
const emailExample = {
  email_id: 'e-18',
  email_subject: '20 % off',
  campaign_id: 'spring',
  campaign_name: 'Spring sale',
};

/** What became of an email. Source: https://segment.com/docs/connections/spec/email/ */
export const emailEvents: readonly EventDefinition[] = [
  {
    name: 'Email Delivered',
    family: 'email',
    version: 1,
    description: 'The receiving server took the email.',
    properties: email,
    mapsTo: KEPT,
    examples: [emailExample],
  },
  {
    name: 'Email Bounced',
    family: 'email',
    version: 1,
    description: 'The email could not be delivered.',
    properties: email,
    mapsTo: KEPT,
    examples: [emailExample],
  },
  {
    name: 'Email Opened',
    family: 'email',
    version: 1,
    description: 'The email was opened, by its recipient or a machine.',
    properties: email,
    mapsTo: 'the profile’s email engagement',
    examples: [emailExample],
  },
  {
    name: 'Email Link Clicked',
    family: 'email',
    version: 1,
    description: 'A link in the email was clicked.',
    properties: z.looseObject({ ...emailFields, link_id: optionalId, link_url: optionalText }),
    mapsTo: 'the profile’s email engagement',
    examples: [{ ...emailExample, link_id: 'top', link_url: 'https://shop.example/spring' }],
  },
  {
    name: 'Email Marked as Spam',
    family: 'email',
    version: 1,
    description: 'The recipient marked the email as spam.',
    properties: email,
    mapsTo: KEPT,
    examples: [emailExample],
  },
  {
    name: 'Unsubscribed',
    family: 'email',
    version: 1,
    description: 'The recipient unsubscribed, from a list or from all.',
    properties: z.looseObject({ ...emailFields, list_id: optionalId, list_name: optionalText }),
    mapsTo: KEPT,
    examples: [{ ...emailExample, list_id: 'news', list_name: 'Newsletter' }],
  },
];
