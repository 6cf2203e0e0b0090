import * as z from 'zod';

/** Why a line of the lake, or a product of one, is not among the interactions. */
export const snapshotDrops = [
  /** Not JSON, or not an event as the collector writes them. */
  'malformedLine',
  /** A file of the lake that could not be unpacked to its end. */
  'unreadableFile',
  /** The same messageId once more: delivery is at-least-once. */
  'duplicateMessage',
  /** The same order completed once more under another messageId. */
  'duplicateOrder',
  /** A line of an order that names no product. */
  'malformedProduct',
  /** A time before 1970. */
  'malformedTime',
  /** The catalogue does not know the item, so it could not be shown. */
  'unknownItem',
  /** The customer has refused personalisation. */
  'noConsent',
  /** The event claims a time later than the snapshot itself. */
  'futureTime',
  /** The order, or this product of it, was refunded or cancelled. */
  'refunded',
  /** A view or a cart of what the collector took for a machine; orders count whoever typed them. */
  'bot',
] as const;
export type SnapshotDrop = (typeof snapshotDrops)[number];

const count = z.int().nonnegative();

/** What is known of a snapshot without reading its columns; part of its manifest. */
export const snapshotFacts = z.strictObject({
  /** ISO 8601, when the snapshot was taken. */
  createdAt: z.iso.datetime(),
  files: count,
  lines: count,
  customers: count,
  /** Items of the catalogue; all of them are in the dictionary, with interactions or without. */
  items: count,
  itemsWithInteractions: count,
  /** Entries of the catalogue that are not items. */
  malformedItems: count,
  interactions: z.strictObject({ view: count, cart: count, uncart: count, purchase: count }),
  dropped: z.record(z.enum(snapshotDrops), count),
  /** Times of the oldest and newest interaction; absent where there is none. */
  oldest: z.iso.datetime().optional(),
  newest: z.iso.datetime().optional(),
  /** When the newest event arrived at the collector. */
  newestReceived: z.iso.datetime().optional(),
});
export type SnapshotFacts = Readonly<z.infer<typeof snapshotFacts>>;
