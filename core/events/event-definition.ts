import type * as z from 'zod';
import type { EventFamily } from './source.ts';

/** What Kindred knows of an event by its name: one entry of the registry. */
export interface EventDefinition {
  readonly name: string;
  readonly family: EventFamily;
  /** Raised by a change that would refuse what the version before accepted. */
  readonly version: number;
  /** What its `properties` must satisfy; unknown fields are kept. */
  readonly properties: z.ZodObject;
}
