import { describe, expect, it, vi } from 'vitest';
import { coldStart, metric, recommend, stores } from './serving-function.ts';

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
            ? { ladder: [{ kind: 'popular' }, { kind: 'static', content: 'evergreen' }] }
            : {},
      })),
    });
    await coldStart();
    const first = await served({ customer: 'ada' });
    expect(first).toMatchObject({ variant: 'b', source: 'popular' });
    expect((await recommend('for-you', { customer: 'ada' })).variant).toBe('b');
    expect(await recommend('popular', { customer: 'ada' })).toMatchObject({ experiment: '' });
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
});
