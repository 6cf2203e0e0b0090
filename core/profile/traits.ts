import type { CollectedEvent } from '../events/event.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Profile, Trait } from './profile.ts';
import { priorityOf } from './source-priority.ts';

export type Traits = Profile['traits'];

/** With the two bounds below, traits stay under 50 KB of the 400 KB that DynamoDB allows an item. */
export const TRAITS_MAX = 64;
export const TRAIT_NAME_LENGTH_MAX = 64;
/** Of the value's JSON. Longer ones (whole carts, page dumps) are for the lake, not for a profile. */
export const TRAIT_VALUE_BYTES_MAX = 512;
/** Numbers outside are beyond what DynamoDB stores (10^-130 … 10^126) or JavaScript holds exactly. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
const NUMBER_MIN = 1e-100;
/** DynamoDB nests 32 levels. */
const DEPTH_MAX = 8;

/** A statement that is not a trait but consent; see consent.ts. */
const CONSENT_TRAIT = 'consent';

/** What an `identify` says about the customer, with its provenance. */
export function traitsOf(event: CollectedEvent): Traits {
  if (event.type !== 'identify') return {};
  const provenance = {
    source: event.source,
    priority: priorityOf(event),
    timeMs: Date.parse(event.timestamp),
  };
  const kept = Object.entries(event.traits ?? {})
    .filter(([name, value]) => isName(name) && isStorable(value))
    .map(([name, value]): [string, Trait] => [name, { value, ...provenance }]);
  return bounded(kept);
}

/**
 * Settles conflicts name by name: the source of higher priority, then the later statement, then the
 * greater source id and value, so that there is always exactly one answer. Commutative, associative
 * and idempotent, the bound included, as a trait's rank can only rise. Both must be bounded already.
 */
export function combineTraits(a: Traits, b: Traits): Traits {
  const additions = Object.entries(b);
  if (additions.length === 0) return a;
  const strongest = new Map(Object.entries(a));
  for (const [name, trait] of additions) {
    const known = strongest.get(name);
    if (known === undefined || isStronger(trait, known)) strongest.set(name, trait);
  }
  return bounded([...strongest]);
}

function bounded(traits: readonly [string, Trait][]): Traits {
  const kept = traits
    .toSorted(
      ([nameA, a], [nameB, b]) =>
        b.priority - a.priority || b.timeMs - a.timeMs || (nameA < nameB ? -1 : 1),
    )
    .slice(0, TRAITS_MAX)
    .sort(([nameA], [nameB]) => (nameA < nameB ? -1 : 1));
  return Object.fromEntries(kept);
}

function isStronger(a: Trait, b: Trait): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.timeMs !== b.timeMs) return a.timeMs > b.timeMs;
  if (a.source !== b.source) return a.source > b.source;
  return canonicalJson(a.value) > canonicalJson(b.value);
}

/** `__proto__` would be lost in any object that is not built from entries. */
function isName(name: string): boolean {
  return (
    name !== '' &&
    name !== '__proto__' &&
    name !== CONSENT_TRAIT &&
    name.length <= TRAIT_NAME_LENGTH_MAX
  );
}

/** Whether DynamoDB can hold the value, and the profile can afford it. */
function isStorable(value: unknown): boolean {
  return isStorableAt(value, 0) && Buffer.byteLength(canonicalJson(value)) <= TRAIT_VALUE_BYTES_MAX;
}

function isStorableAt(value: unknown, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') {
    const size = Math.abs(value);
    return size === 0 || (size >= NUMBER_MIN && size <= NUMBER_MAX);
  }
  if (Array.isArray(value)) return value.every((element) => isStorableAt(element, depth + 1));
  if (typeof value !== 'object') return false;
  return Object.entries(value).every(
    ([name, element]) => name !== '' && name !== '__proto__' && isStorableAt(element, depth + 1),
  );
}
