import * as z from 'zod';
import type { EventDefinition } from '../event-definition.ts';
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

/** What became of an email. Source: https://segment.com/docs/connections/spec/email/ */
export const emailEvents: readonly EventDefinition[] = [
  {
    name: 'Email Delivered',
    family: 'email',
    version: 1,
    properties: email,
  },
  {
    name: 'Email Bounced',
    family: 'email',
    version: 1,
    properties: email,
  },
  {
    name: 'Email Opened',
    family: 'email',
    version: 1,
    properties: email,
  },
  {
    name: 'Email Link Clicked',
    family: 'email',
    version: 1,
    properties: z.looseObject({ ...emailFields, link_id: optionalId, link_url: optionalText }),
  },
  {
    name: 'Email Marked as Spam',
    family: 'email',
    version: 1,
    properties: email,
  },
  {
    name: 'Unsubscribed',
    family: 'email',
    version: 1,
    properties: z.looseObject({ ...emailFields, list_id: optionalId, list_name: optionalText }),
  },
];
