import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../../core/events/event.ts';
import type { Evidence } from '../../core/profile/evidence.ts';
import type {
  ProfileWrite,
  StoredProfile,
  WantedProfile,
} from '../../core/profile/profile-store.ts';
import { eventBy } from './event-arbitrary.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from './memory-stores.ts';
import {
  type Arrivals,
  arrivals,
  byId,
  expectedProfiles,
  ownIdentities,
  withoutProof,
} from './simulated-customers.ts';
import { consume, type Weather } from './simulated-stream.ts';

/**
 * Whether the simulation would notice if a protection were gone: for each of them a store that leaves it out,
 * with which a run must end in a difference.
 */
const storm: Weather = { crash: 0.06, storeError: 0.05, zombie: 0.2, abandon: 0.1 };
const RUNS_MAX = 400;
const SEED = 20_261_127;

/** Any version will do. */
class WithoutVersions extends MemoryProfileStore {
  override write(write: ProfileWrite) {
    const unlocked = <T extends { expectedVersion: number | undefined }>(put: T, id: string) => ({
      ...put,
      expectedVersion: this.profiles.get(id)?.version,
    });
    return super.write({
      ...write,
      profiles: write.profiles.map((put) => unlocked(put, put.hot.profileId)),
      tombstones: write.tombstones.map((put) => ({
        ...put,
        expectedVersion: this.profiles.get(put.tombstone.profileId)?.version ?? 0,
      })),
    });
  }
}

/** A link is written over whatever link is there. */
class WithoutLinkConditions extends MemoryProfileStore {
  override write(write: ProfileWrite) {
    const movedLinks = [...write.newLinks, ...write.movedLinks];
    return super.write({ ...write, newLinks: [], movedLinks });
  }
}

/** An order may be claimed any number of times. */
class WithoutClaims extends MemoryProfileStore {
  override write(write: ProfileWrite) {
    return super.write({ ...write, claims: [] });
  }
}

/** Claims are made on their own, before what they belong to. */
class WithClaimsApart extends MemoryProfileStore {
  override async write(write: ProfileWrite) {
    const keys = write.claims.map(({ key }) => key).filter((key) => this.claims.has(key));
    if (keys.length > 0) return { kind: 'claimed', keys } as const;
    for (const { key } of write.claims) this.claims.add(key);
    return super.write({ ...write, claims: [] });
  }
}

/** A merge moves links and profiles, and forgets the tombstone. */
class WithoutTombstones extends MemoryProfileStore {
  override write(write: ProfileWrite) {
    return super.write({ ...write, tombstones: [] });
  }
}

abstract class WithoutEvidence extends MemoryProfileStore {
  protected abstract remembered(evidence: Evidence): Evidence;

  override async readProfiles(wanted: readonly WantedProfile[]) {
    const found = await super.readProfiles(wanted);
    const forgetful = (stored: StoredProfile): StoredProfile => {
      if (stored.kind !== 'profile') return stored;
      const { hot } = stored;
      return { ...stored, hot: { ...hot, evidence: this.remembered(hot.evidence) } };
    };
    return new Map(Array.from(found, ([id, stored]) => [id, forgetful(stored)]));
  }
}

class WithoutMessages extends WithoutEvidence {
  protected override remembered(evidence: Evidence) {
    return { ...evidence, messages: '' };
  }
}

class WithoutLanes extends WithoutEvidence {
  protected override remembered(evidence: Evidence) {
    return { ...evidence, lanes: {} };
  }
}

async function endsDifferently(
  profiles: MemoryProfileStore,
  { events, stream }: Arrivals,
  seed: number,
  batchSizeMax?: number,
): Promise<boolean> {
  const stores = { profiles, catalogue: new MemoryCatalogueStore(), poison: new Map() };
  await consume(stores, stream, seed, storm, batchSizeMax);
  const found = profiles.liveProfiles().map(withoutProof).sort(byId);
  return !isDeepStrictEqual(found, expectedProfiles(events).sort(byId));
}

const few = arrivals(ownIdentities);
const user: Identity = { kind: 'userId', key: 'u0' };
/** More than a profile remembers messages of, so that the lane alone tells a redelivery. */
const many: fc.Arbitrary<Arrivals> = fc
  .array(eventBy(fc.constant([user])), { minLength: 300, maxLength: 320 })
  .map((made) => {
    const events = made.map((event, index) => ({ ...event, messageId: `m${index}` }));
    return { events, stream: events };
  });

describe('the simulation notices a store', () => {
  it.each([
    ['that checks no versions', () => new WithoutVersions(), few, undefined],
    ['that checks no links', () => new WithoutLinkConditions(), few, undefined],
    ['that refuses no claim', () => new WithoutClaims(), few, undefined],
    ['that claims apart from its writes', () => new WithClaimsApart(), few, undefined],
    ['that leaves no tombstones', () => new WithoutTombstones(), few, undefined],
    ['that forgets messages', () => new WithoutMessages(), few, undefined],
    ['that forgets lanes', () => new WithoutLanes(), many, 200],
  ] as const)(
    '%s',
    async (_, store, given, batchSizeMax) => {
      const samples = fc.sample<Arrivals>(given, { seed: SEED, numRuns: RUNS_MAX });
      let isNoticed = false;
      for (let run = 0; run < RUNS_MAX && !isNoticed; run += 1) {
        isNoticed = await endsDifferently(store(), samples[run]!, SEED + run, batchSizeMax);
      }
      expect(isNoticed).toBe(true);
    },
    60_000,
  );

  it('and finds nothing to say of one that does all of it', async () => {
    for (const [run, given] of fc.sample(few, { seed: SEED, numRuns: 100 }).entries()) {
      expect(await endsDifferently(new MemoryProfileStore(), given, SEED + run)).toBe(false);
    }
  });
});
