import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
import { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';
import { consume, type Stores, type Weather } from './simulated-stream.ts';

const fine: Weather = { crash: 0, storeError: 0, zombie: 0 };
const PERSON_COUNT = 3;
const storm: Weather = { crash: 0.06, storeError: 0.05, zombie: 0.2 };

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

const ownIdentities = fc
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
function withFormerIds(events: CollectedEvent[], picks: readonly number[]): CollectedEvent[] {
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
const sharedIdentities = fc
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

type Change = (events: CollectedEvent[], picks: readonly number[]) => CollectedEvent[];

/** The events in the order in which they arrive: resent by clients, and reordered a little. */
function arrivals(identities: fc.Arbitrary<Identity[]>, change: Change = (events) => events) {
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
      const stream = [...events];
      for (const [index, event] of resent.entries()) {
        stream.splice((picks[index]! * 7) % (stream.length + 1), 0, event);
      }
      return { events, stream };
    });
}

function emptyStores(): Stores {
  return { profiles: new MemoryProfileStore(), catalogue: new MemoryCatalogueStore() };
}

/** What must come out when each event is seen once, worked out without any of the machinery. */
function expectedProfiles(events: readonly CollectedEvent[]) {
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

function withoutProof(profile: Profile) {
  const { profileId, identities, schemaVersion: _, version: __, evidence: ___, ...state } = profile;
  const withState = {
    profileId,
    identities,
    state,
  };
  return withState;
}

const byId = (a: { profileId: string }, b: { profileId: string }) =>
  a.profileId < b.profileId ? -1 : 1;

describe('each event has its effect exactly once', () => {
  const single: Change = (events) => events;
  it.each([
    ['when all goes well', fine, single, 150],
    [
      'through crashes, errors, redelivery, resent messages and second consumers',
      storm,
      single,
      2000,
    ],
    ['where persons had another user id before', fine, withFormerIds, 150],
    ['where they had, through crashes and all of that', storm, withFormerIds, 2000],
  ] as const)('%s', async (_, weather, change, numRuns) => {
    const arriving = arrivals(ownIdentities, change);
    await fc.assert(
      fc.asyncProperty(arriving, fc.nat(), async ({ events, stream }, seed) => {
        const stores = emptyStores();
        await consume(stores, stream, seed, weather);
        const found = stores.profiles.liveProfiles().map(withoutProof).sort(byId);
        const expected = expectedProfiles(events).sort(byId);
        expect(found).toEqual(expected);
        for (const { profileId, identities } of expected) {
          for (const ref of identities) expect(stores.profiles.links.get(ref)).toBe(profileId);
        }
      }),
      { numRuns },
    );
  });

  it('also where users share devices and addresses, who are never made one', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals(sharedIdentities), fc.nat(), async ({ events, stream }, seed) => {
        const stores = emptyStores();
        await consume(stores, stream, seed, storm);
        const profiles = stores.profiles.liveProfiles();
        const folded = profiles.reduce((sum, { eventCount }) => sum + eventCount, 0);
        expect(folded).toBe(events.length);
        const orderCount = events.filter(({ event }) => event === 'Order Completed').length;
        expect(profiles.reduce((sum, { orders }) => sum + orders.count, 0)).toBe(orderCount);
        for (const { identities } of profiles) {
          expect(identities.filter((ref) => ref.startsWith('userId')).length).toBeLessThan(2);
        }
        for (const [ref, profileId] of stores.profiles.links) {
          const owner = profiles.find((profile) => profile.profileId === profileId);
          expect(owner?.identities).toContain(ref);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('also for a customer with more events in a batch than a profile remembers messages of', async () => {
    const user: Identity = { kind: 'userId', key: 'u0' };
    const device: Identity = { kind: 'anonymousId', key: 'a0' };
    const manyEvents = fc
      .array(eventBy(fc.constantFrom([user], [user, device], [device])), {
        minLength: 300,
        maxLength: 320,
      })
      .map((events) => events.map((event, index) => ({ ...event, messageId: `m${index}` })));
    await fc.assert(
      fc.asyncProperty(manyEvents, fc.nat(), async (events, seed) => {
        const stores = emptyStores();
        await consume(stores, events, seed, { ...storm, crash: 0.2 }, 200);
        const found = stores.profiles.liveProfiles();
        expect(found.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(events.length);
      }),
      // Shrinking 300 events takes minutes and shows nothing that the seed does not.
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('and the catalogue ends where it ends without faults', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals(ownIdentities), fc.nat(), async ({ stream }, seed) => {
        const stores = emptyStores();
        await consume(stores, stream, seed, storm);
        const itemIds = new Set(stores.catalogue.entries.keys());
        const calm = emptyStores();
        await consume(calm, stream, seed, fine);
        expect(itemIds).toEqual(new Set(calm.catalogue.entries.keys()));
      }),
      { numRuns: 100 },
    );
  });
});
