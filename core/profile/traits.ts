import type { CollectedEvent } from '../events/event.ts';
import { happenedAtMs } from '../events/event-time.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Profile, Trait } from './profile.ts';
import { priorityOf } from './source-priority.ts';

export type Traits = Profile['traits'];

/**
 * Values kept, those before included. With the two bounds below, traits stay under 50 KB of the 400 KB that
 * DynamoDB allows an item.
 */
export const TRAITS_MAX = 64;
export const TRAIT_NAME_LENGTH_MAX = 64;
/** Of the value's JSON. Longer ones (whole carts, page dumps) are for the lake, not for a profile. */
export const TRAIT_VALUE_BYTES_MAX = 512;
/** Numbers outside are beyond what DynamoDB stores (10^-130 … 10^126) or JavaScript holds exactly. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
const NUMBER_MIN = 1e-100;
/** DynamoDB nests 32 levels. */
const DEPTH_MAX = 8;

/** Statements that are no traits: see consent.ts, channel-consent.ts and preferences.ts. */
const OTHER_STATEMENTS: ReadonlySet<string> = new Set(['consent', 'preferences']);

/** What an `identify` says about the customer, with its provenance. */
export function traitsOf(event: CollectedEvent): Traits {
  if (event.type !== 'identify') return {};
  const provenance = {
    source: event.source,
    priority: priorityOf(event),
    timeMs: happenedAtMs(event),
  };
  const kept = Object.entries(event.traits ?? {})
    .filter(([name, value]) => isName(name) && isStorable(value))
    .map(([name, value]): [string, Trait] => [name, { value, ...provenance }]);
  return bounded(kept);
}

/**
 * Settles conflicts name by name: the source of higher priority, then the later statement, then the
 * greater source id and value, so that there is always exactly one answer. Beside it stays the strongest
 * statement of another value: the value before, or what a source that is believed less says against it.
 *
 * Commutative, associative and idempotent, the bound included: what stands is the two strongest distinct
 * values of each name, current ones first. What is dropped has TRAITS_MAX others before it, and would have
 * whatever came first. Both must be bounded already.
 */
export function combineTraits(a: Traits, b: Traits): Traits {
  const additions = Object.entries(b);
  if (additions.length === 0) return a;
  const strongest = new Map(Object.entries(a));
  for (const [name, trait] of additions) {
    const known = strongest.get(name);
    strongest.set(name, known === undefined ? trait : withPrevious(known, trait));
  }
  return bounded([...strongest]);
}

/** The strongest of both, and the strongest of those with another value. */
function withPrevious(a: Trait, b: Trait): Trait {
  const all = [a, b].flatMap((trait) => {
    const { previous, ...current } = trait;
    return previous === undefined ? [current] : [current, asTrait(previous)];
  });
  const [strongest = a, ...others] = all.sort(strongestFirst);
  const value = canonicalJson(strongest.value);
  const previous = others.find((other) => canonicalJson(other.value) !== value);
  return previous === undefined ? strongest : { ...strongest, previous: asPrevious(previous) };
}

function asTrait([value, source, priority, timeMs]: NonNullable<Trait['previous']>): Trait {
  return { value, source, priority, timeMs };
}

function asPrevious({ value, source, priority, timeMs }: Trait): NonNullable<Trait['previous']> {
  return [value, source, priority, timeMs];
}

function bounded(traits: readonly [string, Trait][]): Traits {
  const current = traits.toSorted(strongestFirstByName).slice(0, TRAITS_MAX);
  const room = TRAITS_MAX - current.length;
  const withHistory = current.filter(([, { previous }]) => previous !== undefined);
  const forgotten = withHistory
    .map(([name, { previous }]): [string, Trait] => [name, asTrait(previous ?? NEVER)])
    .sort(strongestFirstByName)
    .slice(room);
  const names = new Set(forgotten.map(([name]) => name));
  const kept = current
    .map(([name, trait]): [string, Trait] => [name, names.has(name) ? currentOf(trait) : trait])
    .sort(([nameA], [nameB]) => (nameA < nameB ? -1 : 1));
  return Object.fromEntries(kept);
}

const NEVER = [null, '', 0, 0] as const;

function currentOf({ previous: _, ...current }: Trait): Trait {
  return current;
}

function strongestFirstByName([nameA, a]: [string, Trait], [nameB, b]: [string, Trait]): number {
  return b.priority - a.priority || b.timeMs - a.timeMs || (nameA < nameB ? -1 : 1);
}

function strongestFirst(a: Trait, b: Trait): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.timeMs !== b.timeMs) return b.timeMs - a.timeMs;
  if (a.source !== b.source) return a.source > b.source ? -1 : 1;
  const [valueA, valueB] = [canonicalJson(a.value), canonicalJson(b.value)];
  return valueA === valueB ? 0 : valueA > valueB ? -1 : 1;
}

/** `__proto__` would be lost in any object that is not built from entries. */
function isName(name: string): boolean {
  return (
    name !== '' &&
    name !== '__proto__' &&
    !OTHER_STATEMENTS.has(name) &&
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
