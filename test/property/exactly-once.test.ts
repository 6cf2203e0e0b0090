import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../core/events/event.ts';
import { eventBy } from './event-arbitrary.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';
import {
  arrivals,
  byId,
  type Change,
  expectedProfiles,
  ownIdentities,
  sharedIdentities,
  withFormerIds,
  withoutProof,
} from './simulated-customers.ts';
import { type Arriving, consume, isPoison, type Stores, type Weather } from './simulated-stream.ts';
import { SIMULATION_SEED, simulationMs, simulationRuns } from './simulation-runs.ts';

const fine: Weather = { crash: 0, storeError: 0, zombie: 0, abandon: 0 };
const storm: Weather = { crash: 0.06, storeError: 0.05, zombie: 0.2, abandon: 0.1 };

function emptyStores(): Stores {
  return {
    profiles: new MemoryProfileStore(),
    catalogue: new MemoryCatalogueStore(),
    poison: new Map(),
  };
}

const poisonIn = (stream: readonly Arriving[]) =>
  stream.flatMap((each) => (isPoison(each) ? [each.poison] : [])).sort();

const single: Change = (events) => events;
const scenarios = [
  ['when all goes well', fine, single, 0.1],
  ['through crashes, errors, bisection, redelivery, races and replays', storm, single, 0.6],
  ['where persons had another user id before', fine, withFormerIds, 0.1],
  ['where they had, through crashes and all of that', storm, withFormerIds, 0.6],
] as const;

describe('each event has its effect exactly once', () => {
  afterAll(() => process.stdout.write(`KINDRED_SIMULATION_SEED=${SIMULATION_SEED}\n`));

  for (const [title, weather, change, share] of scenarios) {
    const numRuns = simulationRuns(share);
    it(
      `${title} (${numRuns} runs)`,
      async () => {
        const run = fc.asyncProperty(
          arrivals(ownIdentities, change),
          fc.nat(),
          async ({ events, stream }, seed) => {
            const stores = emptyStores();
            await consume(stores, stream, seed, weather);
            const found = stores.profiles.liveProfiles().map(withoutProof).sort(byId);
            const expected = expectedProfiles(events).sort(byId);
            expect(found).toEqual(expected);
            for (const { profileId, identities } of expected) {
              for (const ref of identities) expect(stores.profiles.links.get(ref)).toBe(profileId);
            }
            // What nobody can read is kept with its bytes, and has held up none of the others.
            const kept = [...stores.poison.values()].map((data) =>
              Buffer.from(data, 'base64').toString(),
            );
            expect([...new Set(kept)].sort()).toEqual([...new Set(poisonIn(stream))]);
          },
        );
        await fc.assert(run, { numRuns, seed: SIMULATION_SEED });
      },
      simulationMs(numRuns),
    );
  }

  it('also where users share devices and addresses, who are never made one', async () => {
    const numRuns = simulationRuns(0.2);
    const run = fc.asyncProperty(
      arrivals(sharedIdentities),
      fc.nat(),
      async ({ events, stream }, seed) => {
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
      },
    );
    await fc.assert(run, { numRuns, seed: SIMULATION_SEED });
  }, 60_000);

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
        await consume(stores, events, seed, { ...storm, crash: 0.2, abandon: 0 }, 200);
        const found = stores.profiles.liveProfiles();
        expect(found.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(events.length);
      }),
      // Shrinking 300 events takes minutes and shows nothing that the seed does not.
      { numRuns: 30, endOnFailure: true, seed: SIMULATION_SEED },
    );
  }, 60_000);

  it('also for a bot that sends ten thousand in a burst, through crashes and races', async () => {
    const bot: Identity = { kind: 'userId', key: 'bot' };
    const events = fc.sample(eventBy(fc.constant([bot])), { seed: 1, numRuns: 10_000 });
    const burst = events.map((event, index) => ({
      ...event,
      messageId: `m${index}`,
      ...(event.properties !== undefined && {
        properties: { ...event.properties, order_id: `o${index}` },
      }),
    }));
    const stores = emptyStores();
    await consume(stores, burst, SIMULATION_SEED, { ...storm, abandon: 0 }, 500);
    expect(stores.profiles.liveProfiles().map(withoutProof)).toEqual(expectedProfiles(burst));
  }, 60_000);

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
      { numRuns: simulationRuns(0.05), seed: SIMULATION_SEED },
    );
  });
});
