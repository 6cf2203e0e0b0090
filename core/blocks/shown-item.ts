import { createHash } from 'node:crypto';
import * as z from 'zod';
import { recommendedItem } from './recommendation.ts';

/**
 * What a slot of a mailing showed to a customer, so that the slot's link leads to what its image shows. The
 * first that was shown stays: mail programs and their proxies keep images, each of them another one if the
 * slot moved on, and then one of two devices would link to what it doesn't show.
 */
export const shownItem = recommendedItem.omit({ click_url: true, title_html: true }).extend({
  /** The experiment whose variant chose it; empty outside of one. */
  experiment: z.string().default(''),
  variant: z.string().default(''),
});

export interface ShownPlace {
  readonly placement: string;
  readonly slot: number;
  /** The stored form of who was asked for; empty where that is nobody. */
  readonly identityRef: string;
  readonly campaign: string;
}

/** Mails are read for days and found again for weeks; what is shown later is chosen anew. */
export const SHOWN_DAYS_MAX = 60;

/** Where it is kept: a digest, since an identity's stored form is personal data too. */
export function shownKeyOf({ placement, slot, identityRef, campaign }: ShownPlace): string {
  const parts = JSON.stringify([placement, slot, identityRef, campaign]);
  return createHash('sha256').update(parts).digest('base64url');
}
