import * as z from 'zod';
import type { CollectedEvent } from '../events/event.ts';
import { kindOf } from '../events/issue.ts';

/**
 * Which type a trait has, as the shop declares it: a document of kind `traitTypes`, of which there is one:
 * `default`. A statement of another type is not taken in, and what was known before stays; the event
 * counts all the same. Traits that are not declared may be of any type. A declaration, and not the first or
 * latest type that came, because those would depend on the order in which events arrive.
 */
export const TRAIT_TYPES_SCHEMA_VERSION = 1;

const traitType = z.enum(['string', 'number', 'boolean', 'date', 'list', 'object']);
export type TraitType = z.infer<typeof traitType>;

export const traitTypes = z.strictObject({
  schemaVersion: z.literal(TRAIT_TYPES_SCHEMA_VERSION),
  types: z.record(z.string().min(1).max(64), traitType),
});
export type TraitTypes = z.infer<typeof traitTypes>;

export const noTraitTypes: TraitTypes = {
  schemaVersion: TRAIT_TYPES_SCHEMA_VERSION,
  types: {},
};

/** A trait of an event that was not taken in. Names the trait and the kinds, never the value. */
export interface RefusedTrait {
  readonly trait: string;
  readonly expected: TraitType;
  readonly got: string;
}

export interface CheckedTraits {
  /** The event without the traits that were refused. */
  readonly event: CollectedEvent;
  readonly refused: readonly RefusedTrait[];
}

/** Null is of every type: it says that the value is gone. */
export function checkTraits(event: CollectedEvent, { types }: TraitTypes): CheckedTraits {
  const { traits } = event;
  if (event.type !== 'identify' || traits === undefined) return { event, refused: [] };
  const refused = Object.entries(traits).flatMap(([trait, value]): RefusedTrait[] => {
    const expected = Object.hasOwn(types, trait) ? types[trait] : undefined;
    if (expected === undefined || value === null || isOf(expected, value)) return [];
    return [{ trait, expected, got: kindOf(value) }];
  });
  if (refused.length === 0) return { event, refused };
  const names = new Set(refused.map(({ trait }) => trait));
  const kept = Object.fromEntries(Object.entries(traits).filter(([name]) => !names.has(name)));
  return { event: { ...event, traits: kept }, refused };
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:T|$)/;

function isOf(type: TraitType, value: unknown): boolean {
  switch (type) {
    case 'list':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    case 'date':
      return typeof value === 'string' && ISO_DATE.test(value) && !Number.isNaN(Date.parse(value));
    default:
      return typeof value === type;
  }
}
