import * as z from 'zod';
import { hostPattern } from '../core/blocks/allowed-hosts.ts';

/** What API Gateway sells. */
const gatewayCacheSizesGb = [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237] as const;

export const servingSettings = z.strictObject({
  /** How long an answer waits for each read of a customer, links and profile, before it goes on without. */
  customerReadMs: z.int().min(10).max(1_000),
  /**
   * How long the first answers of a process wait for the model to be read. Without it they are what the ladder's next
   * rungs have; a model of 100,000 items takes about a second and a half.
   */
  firstModelMs: z.int().min(0).max(1_500),
  /** Optional, and paid by the hour: API Gateway keeps each customer's answers; see docs/how-to/cache-answers.md. */
  gatewayCache: z
    .strictObject({
      sizeGb: z.literal(gatewayCacheSizesGb),
      /** A change of consent, stock or price shows so much later. */
      seconds: z.int().min(1).max(300),
    })
    .optional(),
});

export const clickSettings = z.strictObject({
  /** Where redirects of clicks may lead; without any, links lead to the shop at once. */
  allowedHosts: z.array(hostPattern).max(50),
  /** How long a link in a mail works. */
  linkDaysMax: z.int().min(1).max(730),
});
