import type * as z from 'zod';
import type { EventFamily } from './source.ts';

/** What Kindred knows of an event by its name: one entry of the registry. */
export interface EventDefinition {
  readonly name: string;
  readonly family: EventFamily;
  /** Raised by a change that would refuse what the version before accepted. */
  readonly version: number;
  readonly description: string;
  /** What its `properties` must satisfy; unknown fields are kept. */
  readonly properties: z.ZodObject;
  /** What becomes of it, in words. */
  readonly mapsTo: string;
  /** Valid properties, at least one. */
  readonly examples: readonly [Readonly<Record<string, unknown>>, ...Record<string, unknown>[]];
}

/** What becomes of an event that only stands in the lake and in the customer's history. */
export const KEPT = 'kept in the lake';
