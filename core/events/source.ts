import * as z from 'zod';
import { originPattern } from './allowed-origin.ts';

/**
 * A source: where events come from. A document of the config table, kind `source`, id the source's
 * own id. What only one way in needs (a webhook's ESP, a connector's schedule, a file's mapping)
 * stands in documents of their own kinds, under the same id.
 */

/** Lower-case words with hyphens: it becomes part of S3 keys and metric dimensions. */
export const sourceId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  message:
    'expected lower-case letters, digits and hyphens, at most 63 characters, e.g. "web-shop"',
});

/** What a source may send; anything else of it is refused with that reason. */
export const eventFamilies = ['commerce', 'email', 'custom', 'profile', 'page'] as const;
export const eventFamily = z.enum(eventFamilies);
export type EventFamily = z.infer<typeof eventFamily>;

/** Two keys at once let a shop rotate: the new one is added, clients change, the old one goes. */
export const WRITE_KEYS_MAX = 2;

/** Sources without a priority of their own count as much as the default one. */
export const DEFAULT_SOURCE_PRIORITY = 100;

const writeKey = z.strictObject({
  /** SHA-256 of the key in lower-case hex; the key itself is shown once, when it is made. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
});

/** As it stands in a customer key, `braze:<hex>`. */
export const espName = z.string().regex(/^(?!anon$)[a-z][a-z0-9-]{0,30}$/, {
  message: 'expected lower-case letters, digits and hyphens, e.g. "braze", and not "anon"',
});
/** Each is one more link of every customer with an address, and one more to be read with it. */
const ESP_KEYS_MAX = 2;

export const sourceDocument = z.strictObject({
  sourceId,
  description: z.string().max(500).optional(),
  /** How far it is believed when sources contradict one another; higher wins. */
  priority: z.int().min(0).max(1_000).default(DEFAULT_SOURCE_PRIORITY),
  isEnabled: z.boolean().default(true),
  writeKeys: z.array(writeKey).max(WRITE_KEYS_MAX).default([]),
  /** A server's key may use `/v1/import`; a website's key is public and may not. */
  isServerSide: z.boolean().default(false),
  /** Origins whose pages may send with this key, e.g. `https://shop.example`; absent: any. */
  allowedOrigins: z.array(originPattern).max(100).optional(),
  /** Absent: all. */
  eventFamilies: z.array(eventFamily).optional(),
  /** Events a second, averaged over a few seconds; absent: no limit of its own. */
  eventsPerSecondMax: z.number().positive().optional(),
  /** Whether an event of an unregistered name is taken as a custom event or refused. */
  schemaMode: z.enum(['lenient', 'strict']).default('lenient'),
  /**
   * ESPs that ask for its customers by an HMAC of their address, which each computes with a key of its own; see
   * docs/how-to/identity-keys.md.
   */
  espKeys: z.array(espName).max(ESP_KEYS_MAX).optional(),
});
export type SourceDocument = z.infer<typeof sourceDocument>;

/** Which source a write key belongs to. A document of kind `writeKey`, id the key's SHA-256 in hex. */
export const writeKeyDocument = z.strictObject({ sourceId });

/** The source whose write key is the environment's secret, until a document says more of it. */
export const DEFAULT_SOURCE: SourceDocument = sourceDocument.parse({
  sourceId: 'website',
  // `kindred import` and a first server send with the only key there is.
  isServerSide: true,
});

/** What an event keeps of its source, and what decides whether it may come from there. */
export type EventSource = Pick<SourceDocument, 'sourceId' | 'priority'> &
  Partial<Pick<SourceDocument, 'eventFamilies' | 'espKeys'>>;
