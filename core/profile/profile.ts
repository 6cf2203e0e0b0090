import * as z from 'zod';
import { affinities } from './affinities.ts';
import { assignments } from './assignments.ts';
import { cart } from './cart.ts';
import { channelConsent } from './channel-consent.ts';
import { preferences } from './preferences.ts';
import { purchaseDays } from './purchase-days.ts';
import { shown } from './shown.ts';
import { suppression } from './suppression.ts';
import { timeOnPage } from './time-on-page.ts';

/** Of the stored form; see stored-profile.ts. Items of version 1 are migrated when they are read. */
export const PROFILE_SCHEMA_VERSION = 2;

/** How many distinct (item, kind) pairs a profile remembers: enough for fold-in and exclusions, small enough for one read. */
export const RECENT_INTERACTIONS_MAX = 128;

export const interactionKinds = ['view', 'cart', 'uncart', 'purchase'] as const;
export const interactionKind = z.enum(interactionKinds);
export type InteractionKind = z.infer<typeof interactionKind>;

/** The latest time at which the customer did this with this item. */
export const recentInteraction = z.object({
  itemId: z.string(),
  kind: interactionKind,
  timeMs: z.number(),
});
export type RecentInteraction = z.infer<typeof recentInteraction>;

/** A trait with its provenance; conflicts are settled by priority, then time, then source id. */
export const trait = z.object({
  value: z.unknown(),
  source: z.string(),
  priority: z.number(),
  timeMs: z.number(),
  /** The strongest other value that was stated: mostly the one before. Value, source, priority, time. */
  previous: z.tuple([z.unknown(), z.string(), z.number(), z.number()]).readonly().optional(),
});
export type Trait = z.infer<typeof trait>;

/** Sums per currency in minor units (pence, cents), so that additions are exact. */
export const moneyMinor = z.record(z.string(), z.number());

/**
 * The joined state of one customer: everything that is known, in one value. Stored in two items, a hot
 * one and a cold one; see hot-cold.ts.
 */
export const profile = z.object({
  schemaVersion: z.literal(PROFILE_SCHEMA_VERSION),
  profileId: z.string(),
  /** Optimistic lock: the next write must find this value. */
  version: z.number(),
  /** Identity references (`kind#hmac`) linked to this profile, sorted. */
  identities: z.array(z.string()),
  /**
   * User ids among them that the shop named as this customer's former ones (`alias`) and of which no event
   * has come yet; see docs/decisions, identity.
   */
  formerIdentities: z.array(z.string()).optional(),
  traits: z.record(z.string(), trait),
  /** Consent to personalisation; absent means the shop never said. The latest statement wins. */
  consent: z
    .object({
      personalization: z.object({ granted: z.boolean(), timeMs: z.number(), source: z.string() }),
    })
    .optional(),
  /** Newest first, at most RECENT_INTERACTIONS_MAX. */
  recent: z.array(recentInteraction),
  orders: z.object({
    count: z.number(),
    revenueMinor: moneyMinor,
    refundCount: z.number(),
    refundedMinor: moneyMinor,
    firstAtMs: z.number().optional(),
    lastAtMs: z.number().optional(),
  }),
  email: z.object({
    openCount: z.number(),
    clickCount: z.number(),
    /** What open and click rates are shares of; absent until an ESP reports it. */
    sentCount: z.number().optional(),
    deliveredCount: z.number().optional(),
    lastOpenMs: z.number().optional(),
    lastClickMs: z.number().optional(),
  }),
  channelConsent: channelConsent.optional(),
  suppression: suppression.optional(),
  preferences: preferences.optional(),
  affinities: affinities.optional(),
  timeOnPage: timeOnPage.optional(),
  cart: cart.optional(),
  purchaseDays: purchaseDays.optional(),
  assignments: assignments.optional(),
  shown: shown.optional(),
  eventCount: z.number(),
  firstSeenMs: z.number(),
  lastSeenMs: z.number(),
  /** Proof of what has been folded in; see docs/architecture.md, exactly-once effect. */
  evidence: z.object({
    /** Last sequence number, in base 32, per lane (hash of strongest identity and partition key). */
    lanes: z.record(z.string(), z.string()),
    /** Marks of the latest messages; see message-marks.ts. */
    messages: z.string(),
  }),
});
export type Profile = z.infer<typeof profile>;

/** What stands in a profile's place once it was merged into another. */
export const profileTombstone = z.object({
  profileId: z.string(),
  mergedInto: z.string(),
  version: z.number(),
});
export type ProfileTombstone = z.infer<typeof profileTombstone>;
