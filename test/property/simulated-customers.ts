import * as fc from 'fast-check';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { connectedGroups } from '../../core/identity/connected-groups.ts';
import {
  foundedProfileId,
  stayingProfileId,
  strongestFirst,
} from '../../core/identity/profile-id.ts';
import { combineStates, stateOf } from '../../core/profile/fold-event.ts';
import { orderClaimOf } from '../../core/profile/orders.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { eventBy } from './event-arbitrary.ts';
import { ARRIVAL_START_MS, type Arriving } from './simulated-stream.ts';

const PERSON_COUNT = 3;

/** A person's user id, two addresses and two devices; every event names at least one of them. */
function identitiesOf(person: number, picks: readonly boolean[], variant: number): Identity[] {
  const all: Identity[] = [
    { kind: 'anonymousId', key: `a${person}${variant}` },
    { kind: 'userId', key: `u${person}` },
    { kind: 'email', key: `e${person}${variant}` },
  ];
  const picked = all.filter((_, index) => picks[index]);
  return picked.length > 0 ? picked : all.slice(0, 1);
}

export const ownIdentities = fc
  .tuple(
    fc.integer({ min: 0, max: PERSON_COUNT - 1 }),
    fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    fc.integer({ min: 0, max: 1 }),
  )
  .map(([person, picks, variant]) => identitiesOf(person, picks, variant));

/**
 * The same, of persons who had another user id before: some events come under it, and sooner or later
 * the shop says so.
 */
export function withFormerIds(
  events: CollectedEvent[],
  picks: readonly number[],
): CollectedEvent[] {
  const underEither = events.map((event, index) => {
    const isFormer = (picks[index % picks.length] ?? 0) % 3 === 0;
    return isFormer ? { ...event, identities: event.identities.map(formerOf) } : event;
  });
  return Array.from({ length: PERSON_COUNT }, (_, person) => person).reduce((all, person) => {
    const user: Identity = { kind: 'userId', key: `u${person}` };
    const statement: CollectedEvent = {
      ...(events[0] as CollectedEvent),
      type: 'alias',
      messageId: `alias${person}`,
      identities: [user],
      formerIdentity: formerOf(user),
    };
    return all.toSpliced((picks[person % picks.length] ?? 0) % (all.length + 1), 0, statement);
  }, underEither);
}

function formerOf(identity: Identity): Identity {
  return identity.kind === 'userId'
    ? { ...identity, key: identity.key.replace('u', 'former') }
    : identity;
}

/** Every identity that an event joins. */
function refsOf({ identities, formerIdentity }: CollectedEvent): string[] {
  return strongestFirst(
    formerIdentity === undefined ? identities : [...identities, formerIdentity],
  );
}

/** Devices and addresses that users share. */
export const sharedIdentities = fc
  .tuple(
    fc.integer({ min: 0, max: PERSON_COUNT - 1 }),
    fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    fc.integer({ min: 0, max: 1 }),
  )
  .map(([person, picks, device]) =>
    identitiesOf(person, picks, 0).map((identity) =>
      identity.kind === 'userId' ? identity : { ...identity, key: `shared${device}` },
    ),
  );

/** Distinct events under ids of their own; half of the orders share an order id with another. */
function eventsBy(identities: fc.Arbitrary<Identity[]>): fc.Arbitrary<CollectedEvent[]> {
  return fc.array(eventBy(identities), { minLength: 1, maxLength: 40 }).map((events) =>
    events.map((event, index) => ({
      ...event,
      messageId: `m${index}`,
      ...(event.properties !== undefined && {
        properties: { ...event.properties, order_id: `o${index}` },
      }),
    })),
  );
}

export type Change = (events: CollectedEvent[], picks: readonly number[]) => CollectedEvent[];

export interface Arrivals {
  /** Each event once. */
  readonly events: CollectedEvent[];
  readonly stream: Arriving[];
}

/**
 * The events in the order in which they arrive: resent by clients, reordered a little, with records in between
 * that nobody can read, and followed or interrupted by a replay of everything that came up to then.
 */
export function arrivals(
  identities: fc.Arbitrary<Identity[]>,
  change: Change = (events) => events,
): fc.Arbitrary<Arrivals> {
  return fc
    .tuple(
      eventsBy(identities),
      fc.array(fc.nat(), { minLength: 1, maxLength: 15 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 15 }),
    )
    .map(([made, picks, changes]) => {
      const events = change(made, changes);
      const resent = picks.map((pick, index) => {
        const event = events[pick % events.length]!;
        // Every other one is an order that the shop sends again as a new message.
        return index % 2 === 0 || orderClaimOf(event) === undefined
          ? event
          : { ...event, messageId: `again${index}` };
      });
      const live = [...events];
      for (const [index, event] of resent.entries()) {
        live.splice((picks[index]! * 7) % (live.length + 1), 0, event);
      }
      return { events, stream: disturbed(received(live), picks) };
    });
}

/** Every message with the time at which the collector first had it. */
function received(live: readonly CollectedEvent[]): CollectedEvent[] {
  const times = new Map<string, string>();
  return live.map((event, index) => {
    const at = times.get(event.messageId) ?? new Date(ARRIVAL_START_MS + index).toISOString();
    times.set(event.messageId, at);
    return { ...event, receivedAt: at };
  });
}

/** With poison, and a replay of the lake up to where it stands. */
function disturbed(live: readonly CollectedEvent[], picks: readonly number[]): Arriving[] {
  const [first = 0, second = 0, third = 0] = picks;
  const at = first % (live.length + 1);
  const replayed = live.slice(0, at).map((event) => ({ ...event, replayed: true as const }));
  const all: Arriving[] = [...live.slice(0, at), ...replayed, ...live.slice(at)];
  const poison = { poison: `{"no": "event ${second}"`, partitionKey: `p${third % 3}` };
  all.splice(second % (all.length + 1), 0, poison);
  return all.toSpliced(third % (all.length + 1), 0, { ...poison, poison: '[]' });
}

/** What must come out when each event is seen once, worked out without any of the machinery. */
export function expectedProfiles(events: readonly CollectedEvent[]) {
  return connectedGroups(events, refsOf).map((group) => {
    const refs = [...new Set(group.flatMap(refsOf))].sort();
    const used = new Set(group.map(({ identities }) => strongestFirst(identities)[0]));
    const unused = refs.filter((ref) => ref.startsWith('userId') && !used.has(ref));
    return {
      profileId: refs.map(foundedProfileId).reduce(stayingProfileId),
      identities: refs,
      state: {
        ...(unused.length > 0 && { formerIdentities: unused }),
        ...group.map(stateOf).reduce(combineStates),
      },
    };
  });
}

export function withoutProof(profile: Profile) {
  const { profileId, identities, schemaVersion: _, version: __, evidence: ___, ...state } = profile;
  const withState = {
    profileId,
    identities,
    state,
  };
  return withState;
}

export const byId = (a: { profileId: string }, b: { profileId: string }) =>
  a.profileId < b.profileId ? -1 : 1;
