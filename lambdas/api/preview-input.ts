import * as z from 'zod';
import { customerKeyOf } from '../../core/identity/customer-key.ts';
import { modelId } from '../../core/training/model-id.ts';

const refusals = {
  email:
    'holds an e-mail address: give the shop’s id, the SHA-256 of the address (trimmed, lower case), or <esp>:<HMAC>',
  length:
    'is longer than any id: give the shop’s id, a SHA-256, <esp>:<HMAC> or anon:<anonymous id>',
} as const;

/** A key as it is served by; absent or empty, nobody is named. Never repeated in a refusal. */
const customer = z.string().superRefine((text, context) => {
  const key = customerKeyOf(text);
  if (key.kind === 'refused') context.addIssue({ code: 'custom', message: refusals[key.cause] });
});

const at = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error:
      'must be a time in ISO 8601, such as 2026-11-27T08:00:00Z (a + of an offset as %2B), or a day, 2026-11-27',
  })
  .transform((text) => Date.parse(text));

export const previewQuery = z.strictObject({
  customer: customer.optional(),
  /** Empty as absent, as when serving. */
  variant: z.string().max(100, { error: 'is longer than the name of any variant' }).optional(),
  model: modelId.optional(),
  at: at.optional(),
  /** As it was sent: serving judges it, and says so in a note. */
  limit: z.string().optional(),
});
export type PreviewQuery = z.infer<typeof previewQuery>;
