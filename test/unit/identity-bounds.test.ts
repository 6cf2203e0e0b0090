import { describe, expect, it } from 'vitest';
import type { RefusedIdentities } from '../../adapters/s3/failures.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import type { EventRefusal } from '../../core/profile/fold-deliveries.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { RefusalKeeper } from '../../lambdas/enrich/refusal-keeper.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from '../property/memory-stores.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from './event-maker.ts';

const user = (key: string): Identity => ({ kind: 'userId', key });
const device = (key: string): Identity => ({ kind: 'anonymousId', key });

/** What became of events that came one after the other, the first with the lowest number. */
async function enrich(events: readonly Partial<CollectedEvent>[]) {
  const profiles = new MemoryProfileStore();
  const refused: EventRefusal[] = [];
  const records = events.map((said, index) =>
    recordOf(trackEvent('Any', { messageId: `m${index}`, ...said }), 'any', String(index + 1)),
  );
  const report = await enrichBatch(
    {
      profiles,
      catalogue: new MemoryCatalogueStore(),
      entryCache: new EntryCache(),
      writePoison: async () => undefined,
      keepRefused: async (each) => void refused.push(...each),
      surroundings: { nowMs: () => 0, random: () => 0, sleep: async () => undefined },
    },
    records.map(kinesisRecord),
  );
  return { profiles, refused, report };
}

describe('a customer', () => {
  it('has at most 48 identities; events that name more count, and what they name is set aside', async () => {
    const { profiles, refused, report } = await enrich(
      Array.from({ length: 50 }, (_, index) => ({
        identities: [user('u'), device(`d${index}`)],
      })),
    );
    const [only] = profiles.liveProfiles();
    expect(report).toMatchObject({ foldedCount: 50, refusedIdentityCount: 3 });
    expect([only?.eventCount, only?.identities.length]).toEqual([50, 48]);
    expect(refused.map(({ identity, event }) => [identity, event.messageId])).toEqual([
      ['anonymousId#d47', 'm47'],
      ['anonymousId#d48', 'm48'],
      ['anonymousId#d49', 'm49'],
    ]);
  });

  it('has had at most 8 user ids, whether or not they were in use', async () => {
    const former = Array.from({ length: 9 }, (_, index) => `former${index}`);
    const used = former.slice(0, 4).map((key) => ({ identities: [user(key)] }));
    const stated = former.map((key) => ({
      type: 'alias' as const,
      identities: [user('u')],
      formerIdentity: user(key),
    }));
    const { profiles, refused } = await enrich([...used, ...stated]);
    const [only, ...others] = profiles.liveProfiles();
    expect(others).toEqual([]);
    expect(only?.identities).toHaveLength(8);
    expect(refused.map(({ identity }) => identity)).toEqual(['userId#former7', 'userId#former8']);
  });

  it('stays two where two users share a device, also once one of them had the id of the other’s device', async () => {
    const { profiles, refused } = await enrich([
      { identities: [user('anna'), device('shared')] },
      { identities: [user('bert'), device('shared')] },
      // A device's id, which an older library sends as the former id of whoever logs in.
      { type: 'alias', identities: [user('anna')], formerIdentity: user('tablet') },
      { type: 'alias', identities: [user('bert')], formerIdentity: user('tablet') },
    ]);
    const identities = profiles.liveProfiles().map((each) => each.identities);
    expect(identities.toSorted()).toEqual([
      ['anonymousId#shared', 'userId#anna', 'userId#tablet'],
      ['userId#bert'],
    ]);
    expect(refused).toEqual([]);
  });

  it('is one again when the shop says in a circle who was who', async () => {
    const alias = (now: string, before: string) => ({
      type: 'alias' as const,
      identities: [user(now)],
      formerIdentity: user(before),
    });
    const { profiles } = await enrich([
      ...['a', 'b', 'c'].map((key) => ({ identities: [user(key)] })),
      ...[alias('a', 'b'), alias('b', 'c'), alias('c', 'a'), alias('a', 'a')],
    ]);
    expect(profiles.liveProfiles()).toMatchObject([
      { eventCount: 7, identities: ['userId#a', 'userId#b', 'userId#c'] },
    ]);
    expect(profiles.liveProfiles()[0]).not.toHaveProperty('formerIdentities');
  });
});

describe('what is set aside of a customer’s identities', () => {
  const refusal = (identity: string, day = '2026-01-01', profileId = 'u_u'): EventRefusal => ({
    profileId,
    identity,
    event: trackEvent('Any', { receivedAt: `${day}T12:00:00.000Z` }),
  });

  it('is kept once a day for each customer', async () => {
    const written: RefusedIdentities[] = [];
    const keeper = new RefusalKeeper(
      async (each) => void written.push(each),
      () => undefined,
    );
    await keeper.keep([refusal('userId#1'), refusal('userId#2'), refusal('userId#2')]);
    await keeper.keep([refusal('userId#3'), refusal('userId#4', '2026-01-01', 'u_other')]);
    await keeper.keep([refusal('userId#5', '2026-01-02')]);
    expect(written.map(({ day, profileId, identities }) => [day, profileId, identities])).toEqual([
      ['2026-01-01', 'u_u', ['userId#1', 'userId#2']],
      ['2026-01-01', 'u_other', ['userId#4']],
      ['2026-01-02', 'u_u', ['userId#5']],
    ]);
  });

  it('is tried again with the next event where it could not be kept, and fails no event', async () => {
    let failures = 0;
    let isDown = true;
    const written: string[] = [];
    const keeper = new RefusalKeeper(
      async ({ identities }) => {
        if (isDown) throw new Error('the bucket is away');
        written.push(...identities);
      },
      () => {
        failures += 1;
      },
    );
    await keeper.keep([refusal('userId#1')]);
    isDown = false;
    await keeper.keep([refusal('userId#2')]);
    expect([failures, written]).toEqual([1, ['userId#2']]);
  });
});
