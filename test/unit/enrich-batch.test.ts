import type { KinesisStreamRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { EventRefusal } from '../../core/profile/fold-deliveries.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { ProfileStore } from '../../core/profile/profile-store.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import type { PoisonRecord } from '../../lambdas/enrich/decode-record.ts';
import {
  type EnrichPorts,
  enrichBatch as enrichRecords,
} from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from '../property/memory-stores.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from './event-maker.ts';

function portsWith(parts: Partial<EnrichPorts> = {}) {
  const profiles = new MemoryProfileStore();
  const poison: PoisonRecord[] = [];
  const refused: EventRefusal[] = [];
  const ports: EnrichPorts = {
    profiles,
    catalogue: new MemoryCatalogueStore(),
    entryCache: new EntryCache(),
    writePoison: async (record) => void poison.push(record),
    keepRefused: async (each) => void refused.push(...each),
    surroundings: {
      nowMs: () => Date.UTC(2026, 0, 2, 0, 0, 3),
      random: () => 0,
      sleep: () => Promise.resolve(),
    },
    ...parts,
  };
  return { ports, profiles, poison, refused };
}

const enrichBatch = (ports: EnrichPorts, records: KinesisStreamRecord[]) =>
  enrichRecords(ports, records.map(kinesisRecord));
const eventOf = (user: string, messageId: string, properties = {}) =>
  trackEvent('Any', { identities: [{ kind: 'userId', key: user }], messageId, properties });
const record = (user: string, sequence: number, properties = {}) =>
  recordOf(eventOf(user, `m${sequence}`, properties), `userId#${user}`, String(sequence));

/** A store whose writes fail for one profile. */
function failingFor(profileId: string, store: ProfileStore): ProfileStore {
  return {
    readLinks: (refs) => store.readLinks(refs),
    readProfiles: (ids) => store.readProfiles(ids),
    write: (write) => {
      if (write.profiles.some(({ hot }) => hot.profileId === profileId)) {
        return Promise.reject(new Error('the store failed'));
      }
      return store.write(write);
    },
  };
}

describe('a batch', () => {
  it('reports what became of each record and how fresh it was', async () => {
    const { ports } = portsWith();
    const report = await enrichBatch(ports, [record('a', 1), record('b', 2), record('a', 1)]);
    expect(report).toEqual({
      failedSequenceNumbers: [],
      failures: [],
      foldedCount: 2,
      duplicateCount: 0,
      redeliveredCount: 1,
      erasedCount: 0,
      poisonCount: 0,
      conflictCount: 0,
      refusedIdentityCount: 0,
      refusedTraits: [],
      unreadableItemCount: 0,
      freshnessMs: [2000, 2000],
    });
  });

  it('fails a group from its first event that is not durable, lowest first, and nothing else', async () => {
    const memory = new MemoryProfileStore();
    const { ports } = portsWith({ profiles: failingFor('u_b', memory) });
    const batch = [record('a', 9), record('b', 10), record('a', 11), record('b', 100)];
    const report = await enrichBatch(ports, batch);
    expect(report.failedSequenceNumbers).toEqual(['10', '100']);
    expect(report.foldedCount).toBe(2);
  });

  it('keeps what is no event whole, says why without quoting it, and goes on', async () => {
    const { ports, poison } = portsWith();
    const broken = recordOf('', 'k', '7');
    const data = Buffer.from('{"email":"anna@example.com"').toString('base64');
    const batch = [
      { ...broken, kinesis: { ...broken.kinesis, data } },
      recordOf({ ...eventOf('a', 'm'), identities: [] }, 'k', '8'),
      record('a', 9),
    ];
    const report = await enrichBatch(ports, batch);
    expect(report).toMatchObject({ poisonCount: 2, foldedCount: 1, failedSequenceNumbers: [] });
    expect(poison.map(({ cause }) => cause)).toEqual([
      'not a JSON document in UTF-8',
      'not a collected event: identities: too_small',
    ]);
    expect(poison[0]).toMatchObject({ data, shardId: 'shardId-000000000000', sequenceNumber: '7' });
  });

  it('fails a poison record that cannot be kept', async () => {
    const { ports } = portsWith({ writePoison: () => Promise.reject(new Error('S3 is down')) });
    const report = await enrichBatch(ports, [recordOf('nonsense', 'k', '7'), record('a', 8)]);
    expect(report).toMatchObject({ failedSequenceNumbers: ['7'], poisonCount: 0, foldedCount: 1 });
  });

  it('fails as a whole, without throwing, when nothing can be read', async () => {
    const down = () => Promise.reject(new Error('down'));
    const { ports } = portsWith({ profiles: { readLinks: down, readProfiles: down, write: down } });
    const report = await enrichBatch(ports, [record('a', 1), record('b', 2)]);
    expect(report.failedSequenceNumbers).toEqual(['1', '2']);
  });

  it('does not touch a profile that a later version wrote', async () => {
    const { ports, profiles } = portsWith();
    profiles.links.set('userId#a', 'u_a');
    const refusing: ProfileStore = {
      readLinks: (refs) => profiles.readLinks(refs),
      readProfiles: async () =>
        new Map([['u_a', { kind: 'unreadable', cause: 'schemaVersion is 2' }]]),
      write: (write) => profiles.write(write),
    };
    const report = await enrichBatch({ ...ports, profiles: refusing }, [record('a', 1)]);
    expect(report.failures).toEqual([{ kind: 'refused', cause: 'schemaVersion is 2' }]);
    expect(report.failedSequenceNumbers).toEqual(['1']);
    expect(profiles.profiles.size).toBe(0);
  });

  it('splits what does not fit one transaction, and counts all of it', async () => {
    const { ports, profiles } = portsWith();
    let writeCount = 0;
    let actionsMax = 0;
    const counting: ProfileStore = {
      readLinks: (refs) => profiles.readLinks(refs),
      readProfiles: (ids) => profiles.readProfiles(ids),
      write: (write) => {
        writeCount += 1;
        const actions = Object.values(write).reduce((sum, part) => sum + part.length, 0);
        actionsMax = Math.max(actionsMax, actions);
        return profiles.write(write);
      },
    };
    const orders = Array.from({ length: 250 }, (_, index) => {
      const event = trackEvent('Order Completed', {
        messageId: `m${index}`,
        properties: { order_id: `o${index}`, total: 1, currency: 'GBP' },
      });
      return recordOf(event, 'userId#u1', String(index + 1));
    });
    const report = await enrichBatch({ ...ports, profiles: counting }, orders);
    expect(report).toMatchObject({ foldedCount: 250, failedSequenceNumbers: [] });
    expect(profiles.liveProfiles()[0]?.orders).toMatchObject({ count: 250 });
    expect(actionsMax).toBeLessThanOrEqual(100);
    expect(writeCount).toBeLessThan(7);
  });

  it('takes an integration that makes up a device per event without growing a profile', async () => {
    const { ports, profiles } = portsWith();
    const batch = Array.from({ length: 300 }, (_, index) => {
      const identities = [
        { kind: 'userId' as const, key: 'u1' },
        { kind: 'anonymousId' as const, key: `device${index}` },
      ];
      const event = trackEvent('Any', { identities, messageId: `m${index}` });
      return recordOf(event, 'userId#u1', String(index + 1));
    });
    expect(await enrichBatch(ports, batch)).toMatchObject({ foldedCount: 300, failures: [] });
    const [profile] = profiles.liveProfiles() as [Profile];
    expect(profile.eventCount).toBe(300);
    expect(profile.identities).toHaveLength(48);
    expect(profiles.links.size).toBe(48);
  });

  it('takes a device that a thousand users share, and keeps them apart', async () => {
    const { ports, profiles } = portsWith();
    const batch = Array.from({ length: 1000 }, (_, index) => {
      const identities = [
        { kind: 'userId' as const, key: `u${index}` },
        { kind: 'anonymousId' as const, key: 'kiosk' },
      ];
      const event = trackEvent('Any', { identities, messageId: `m${index}` });
      return recordOf(event, `userId#u${index}`, String(index + 1));
    });
    expect(await enrichBatch(ports, batch)).toMatchObject({ foldedCount: 1000, failures: [] });
    expect(profiles.liveProfiles()).toHaveLength(1000);
  });

  it('takes up a profile whose link was lost', async () => {
    const { ports, profiles } = portsWith();
    await enrichBatch(ports, [record('a', 1)]);
    profiles.links.clear();
    await enrichBatch(ports, [record('a', 2)]);
    expect(profiles.links.get('userId#a')).toBe('u_a');
    expect(profiles.liveProfiles()[0]?.eventCount).toBe(2);
  });
});
