import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import type { Placement } from '../../core/ranking/placement.ts';
import { CurrentPlacements, type PlacementRead } from '../../lambdas/api/current-placements.ts';
import { placementNamed } from './small-shop.ts';

const { placement } = placementNamed('for-you');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A store that the test writes, and breaks. */
class Store {
  documents = new Map<string, Placement>();
  malformed: string[] = [];
  reads = 0;
  failures: string[] = [];
  read: () => Promise<PlacementRead> = async () => {
    this.reads += 1;
    return { documents: new Map(this.documents), malformed: this.malformed };
  };

  placements(): CurrentPlacements {
    return new CurrentPlacements(
      bundledPlacements,
      () => this.read(),
      (reason) => this.failures.push(reason),
    );
  }
}

const edited = (changes: Partial<Placement>): Placement => ({
  ...placement,
  version: 9,
  ...changes,
});

describe('the placements in force', () => {
  it('are those of operators over those that are bundled', async () => {
    const store = new Store();
    store.documents.set('for-you', edited({ heading: 'Yours' }));
    store.documents.set('hero', edited({ id: 'hero' }));
    const placements = store.placements();
    await placements.ready();
    expect(placements.find('for-you')?.heading).toBe('Yours');
    expect(placements.find('hero')?.version).toBe(9);
    expect(placements.find('popular')).toBe(bundledPlacements.find('popular'));
    expect(placements.list().map(({ id }) => id)).toEqual(
      expect.arrayContaining(['hero', 'popular']),
    );
  });

  it('are read anew every so often, beside the requests', async () => {
    const store = new Store();
    const placements = store.placements();
    await placements.ready();
    store.documents.set('for-you', edited({ heading: 'Yours' }));
    for (let count = 0; count < 5; count += 1) await placements.ready();
    expect([store.reads, placements.find('for-you')?.heading]).toEqual([1, 'Picked for you']);
    await vi.advanceTimersByTimeAsync(15_001);
    await placements.ready();
    await vi.advanceTimersByTimeAsync(1);
    expect([store.reads, placements.find('for-you')?.heading]).toEqual([2, 'Yours']);
  });

  it('stay the last good ones through an outage and a document that is none', async () => {
    const store = new Store();
    store.documents.set('for-you', edited({ heading: 'Yours' }));
    const placements = store.placements();
    await placements.ready();
    const works = store.read;
    store.read = () => Promise.reject(new Error('ECONNRESET'));
    await vi.advanceTimersByTimeAsync(15_001);
    await placements.ready();
    await vi.advanceTimersByTimeAsync(1);
    expect(placements.find('for-you')?.heading).toBe('Yours');
    store.read = works;
    store.documents.clear();
    store.malformed = ['for-you'];
    await vi.advanceTimersByTimeAsync(15_001);
    await placements.ready();
    await vi.advanceTimersByTimeAsync(1);
    expect(placements.find('for-you')?.heading).toBe('Yours');
    expect(store.failures).toHaveLength(2);
  });

  it('that end in content which is not there are not used', async () => {
    const store = new Store();
    store.documents.set('for-you', edited({ ladder: [{ kind: 'static', content: 'gone' }] }));
    const placements = store.placements();
    await placements.ready();
    expect(placements.find('for-you')).toBe(bundledPlacements.find('for-you'));
    expect(store.failures[0]).toContain('not bundled');
  });

  it('are the bundled ones while the first read hangs, and only so long as its budget', async () => {
    const store = new Store();
    store.read = () => new Promise(() => {});
    const placements = store.placements();
    const ready = placements.ready();
    await vi.advanceTimersByTimeAsync(250);
    await ready;
    expect(placements.find('for-you')).toBe(bundledPlacements.find('for-you'));
    await placements.ready();
  });
});
