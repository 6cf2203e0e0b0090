import { describe, expect, it } from 'vitest';
import type { Note } from '../../adapters/dynamodb/inspector-log.ts';
import type { CollectedEvent, Identity } from '../../core/events/event.ts';
import { isOfThePast } from '../../core/identity/erased-identity.ts';
import { kinesisRecord } from '../../lambdas/enrich/decode-kinesis.ts';
import { enrichBatch } from '../../lambdas/enrich/enrich-batch.ts';
import { EntryCache } from '../../lambdas/enrich/entry-cache.ts';
import { MemoryCatalogueStore, MemoryProfileStore } from '../property/memory-stores.ts';
import { recordOf } from '../property/simulated-stream.ts';
import { trackEvent } from './event-maker.ts';

const ERASED_AT = '2026-01-10T00:00:00.000Z';
const BEFORE = '2026-01-09T00:00:00.000Z';
const AFTER = '2026-01-11T00:00:00.000Z';
const anna: Identity = { kind: 'userId', key: 'anna' };
const bert: Identity = { kind: 'userId', key: 'bert' };
const device: Identity = { kind: 'anonymousId', key: 'tablet' };

/** A store in which Anna, known by her id and her device, was erased. */
function erasedStore({ isSuppressed = false } = {}): MemoryProfileStore {
  const store = new MemoryProfileStore();
  const erased = {
    erasureId: 'e1',
    erasedAtMs: Date.parse(ERASED_AT),
    reason: 'asked for it',
    isSuppressed,
  };
  store.erased.set('userId#anna', erased);
  store.erased.set('anonymousId#tablet', erased);
  return store;
}

async function enrich(profiles: MemoryProfileStore, ...events: Partial<CollectedEvent>[]) {
  const notes: Note[] = [];
  const records = events.map((said, index) => {
    const event = trackEvent('Product Viewed', {
      messageId: `m${index}`,
      identities: [anna],
      timestamp: said.receivedAt ?? AFTER,
      receivedAt: AFTER,
      ...said,
    });
    return kinesisRecord(recordOf(event, 'key', String(index + 1)));
  });
  const ports = {
    profiles,
    catalogue: new MemoryCatalogueStore(),
    entryCache: new EntryCache(),
    writePoison: async () => {},
    keepRefused: async () => {},
    surroundings: { nowMs: () => 0, random: () => 0, sleep: async () => {} },
    inspector: { note: async (each: Iterable<Note>) => void notes.push(...each) },
  };
  const report = await enrichBatch(ports, records);
  const facts = notes.flatMap((note) => [...note.facts]);
  return { report, facts };
}

describe('an event of an erased customer', () => {
  it.each([
    ['received before', { receivedAt: BEFORE }],
    ['received before with a clock that runs ahead', { receivedAt: BEFORE, timestamp: AFTER }],
    ['that happened before and came late', { timestamp: BEFORE }],
    ['of this very moment', { receivedAt: ERASED_AT }],
  ])('%s is dropped, counted and not noted down', async (_, said) => {
    const store = erasedStore();
    const { report, facts } = await enrich(store, said);
    expect(report).toMatchObject({ erasedCount: 1, foldedCount: 0, failedSequenceNumbers: [] });
    expect(facts).toEqual([]);
    expect(store.profiles.size).toBe(0);
    expect(store.links.size).toBe(0);
  });

  it('that happened afterwards begins a new profile, and the old events stay out of it', async () => {
    const store = erasedStore();
    const { report } = await enrich(store, {}, { receivedAt: BEFORE });
    expect(report).toMatchObject({ erasedCount: 1, foldedCount: 1 });
    expect(store.profiles.get('u_anna')).toMatchObject({ eventCount: 1 });
    expect(store.erased.has('userId#anna')).toBe(true);
    const again = await enrich(store, { receivedAt: BEFORE, messageId: 'again' });
    expect(again.report).toMatchObject({ erasedCount: 1, foldedCount: 0 });
  });

  it('is dropped for ever where the erasure asked for it', async () => {
    const store = erasedStore({ isSuppressed: true });
    const { report } = await enrich(store, {}, { receivedAt: '2036-01-01T00:00:00.000Z' });
    expect(report).toMatchObject({ erasedCount: 2, foldedCount: 0 });
    expect(store.profiles.size).toBe(0);
  });
});

describe('an event of somebody else that names an erased identity', () => {
  it('counts for its own customer and links nothing', async () => {
    const store = erasedStore();
    const { report } = await enrich(store, { identities: [bert, device], receivedAt: BEFORE });
    expect(report).toMatchObject({ erasedCount: 0, foldedCount: 1 });
    expect([...store.links.keys()]).toEqual(['userId#bert']);
  });

  it('makes no former id of it again', async () => {
    const store = erasedStore();
    const said = { identities: [bert], formerIdentity: anna, receivedAt: BEFORE };
    await enrich(store, said);
    expect([...store.profiles.keys()]).toEqual(['u_bert']);
  });

  it('takes the device over when it is used afterwards', async () => {
    const store = erasedStore();
    await enrich(store, { identities: [bert, device] });
    expect(store.links.get('anonymousId#tablet')).toBe('u_bert');
    expect(store.erased.has('anonymousId#tablet')).toBe(true);
  });
});

describe('an erasure in the middle of a write', () => {
  it('is a conflict: what is read anew is dropped', async () => {
    const store = new MemoryProfileStore();
    const write = store.write.bind(store);
    let isFirst = true;
    store.write = (wanted) => {
      if (isFirst) {
        for (const [ref, erased] of erasedStore().erased) store.erased.set(ref, erased);
      }
      isFirst = false;
      return write(wanted);
    };
    const { report } = await enrich(store, { receivedAt: BEFORE });
    expect(report).toMatchObject({ erasedCount: 1, foldedCount: 0, conflictCount: 1 });
    expect(store.profiles.size).toBe(0);
  });
});

describe('the past', () => {
  it('is nothing where nobody was erased', () => {
    expect(isOfThePast(undefined, { timestamp: BEFORE, receivedAt: BEFORE })).toBe(false);
  });
});
