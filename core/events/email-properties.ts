import * as z from 'zod';
import { optionalId, optionalText } from './field.ts';

/**
 * Properties of the email events.
 * Source: https://segment.com/docs/connections/spec/email/ ; unknown fields are kept.
 */
export const emailProperties = z.looseObject({
  email_id: optionalId,
  email_subject: optionalText,
  campaign_id: optionalId,
  campaign_name: optionalText,
});

export const emailLinkProperties = z.looseObject({
  email_id: optionalId,
  email_subject: optionalText,
  campaign_id: optionalId,
  campaign_name: optionalText,
  link_id: optionalId,
  link_url: optionalText,
});
