import { describe, expect, it, vi } from 'vitest';
import { did, placementNamed } from '../unit/small-shop.ts';
import { coldStart, lax, metric, putProfile, recommend, stores } from './serving-function.ts';

/** A cold start on a busy machine takes its time. */
const WAIT = { timeout: 20_000 };

describe('an experiment on a placement', () => {
  const experiment = (changes: object = {}) =>
    stores.put('config', ['kind', 'id'], {
      ...{ kind: 'experiment', id: 'hero', schemaVersion: 1, experimentId: 'hero', version: 1 },
      ...{ status: 'running', placement: 'for-you', coverage: 1, holdoutShare: 0 },
      variants: [
        { id: 'a', weight: 0.5, overrides: { heading: 'A' } },
        {
          id: 'b',
          weight: 0.5,
          overrides: { ladder: [{ kind: 'popular' }, { kind: 'static', content: 'evergreen' }] },
        },
      ],
      ...{ startsAt: '2020-01-01T00:00:00Z', primaryOutcome: 'click-through' },
      ...changes,
    });
  /** The documents are read beside the requests. */
  const served = (query: Record<string, string>) =>
    vi.waitFor(async () => {
      const answer = await recommend('for-you', query);
      expect(answer.experiment).toBe('hero');
      return answer;
    }, WAIT);

  it('gives a customer one variant, and what it overrides', async () => {
    experiment({
      variants: [
        { id: 'a', weight: 0.0001 },
        { id: 'b', weight: 0.9999 },
      ].map((one) => ({
        ...one,
        overrides:
          one.id === 'b'
            ? {
                ladder: [{ kind: 'popular' }, { kind: 'static', content: 'evergreen' }],
                position: 2,
              }
            : {},
      })),
    });
    await coldStart();
    const first = await served({ customer: 'ada' });
    expect(first).toMatchObject({ variant: 'b', source: 'popular', position: 2 });
    expect((await recommend('for-you', { customer: 'ada' })).variant).toBe('b');
    expect(await recommend('popular', { customer: 'ada' })).toMatchObject({
      experiment: '',
      position: null,
    });
  });

  it('takes nobody without a profile, and shows a variant that is asked for by name', async () => {
    experiment({ status: 'draft' });
    await coldStart();
    const shown = await served({ variant: 'b' });
    expect(shown).toMatchObject({ variant: 'b', source: 'popular' });
    expect(await recommend('for-you', { customer: 'nobody' })).toMatchObject({ experiment: '' });
    expect(await recommend('for-you', { customer: 'ada' })).toMatchObject({ experiment: '' });
  });

  it('that is damaged leaves the placement as it is, and is counted', async () => {
    experiment({ variants: [] });
    await coldStart();
    await vi.waitFor(async () => {
      expect((await recommend('for-you', { customer: 'ada' })).experiment).toBe('');
      expect(metric('DocumentReadFailed')).toEqual([1]);
    }, WAIT);
  });

  it('is remembered of a customer by an event under one id, and a look at a variant is not', async () => {
    experiment();
    putProfile('profile-ada', { recent: [did('view', 5)], identities: ['userId#ada-hash'] });
    await coldStart();
    const { variant } = await served({ customer: 'ada' });
    await recommend('for-you', { customer: 'ada' });
    const ids = new Set(stores.events.map(({ messageId }) => messageId));
    expect(ids.size).toBe(1);
    expect(stores.events.at(-1)).toMatchObject({
      event: 'Block Served',
      identities: [{ kind: 'userId', key: 'ada-hash' }],
      properties: { placement_id: 'for-you', experiment_id: 'hero', variation_id: variant },
    });
    const before = stores.events.length;
    await served({ customer: 'ada', variant: 'b' });
    await recommend('for-you', { customer: 'nobody' });
    expect(stores.events).toHaveLength(before);
  });

  it.each(['refuse', 'hang', 'throttle', 'error'] as const)(
    'is served though the stream does not take it (%s), which is counted',
    async (mood) => {
      experiment();
      putProfile('profile-ada', { recent: [did('view', 5)], identities: ['userId#ada-hash'] });
      stores.moods.kinesis = mood;
      await coldStart();
      await served({ customer: 'ada' });
      expect(metric('ServedLost')).toContain(1);
    },
  );
});

describe('a placement that repeats nothing', () => {
  it('has its items remembered, and others have not', async () => {
    const { placement } = placementNamed('popular');
    const rules = { ...lax, noRepeatSends: 2 };
    const document = { ...placement, version: 7, rules };
    stores.put('config', ['kind', 'id'], {
      ...{ kind: 'placement', id: document.id, version: 7, text: JSON.stringify(document) },
    });
    putProfile('profile-ada', { recent: [did('view', 5)], identities: ['userId#ada-hash'] });
    await coldStart();
    const { items } = await recommend('popular', { customer: 'ada' });
    await recommend('for-you', { customer: 'ada' });
    expect(stores.events).toHaveLength(1);
    expect(stores.events[0]).toMatchObject({
      event: 'Recommendations Served',
      source: 'kindred',
      properties: { products: items.map(({ item_id }) => ({ product_id: item_id })) },
    });
  });
});
