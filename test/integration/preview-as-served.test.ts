import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { recommendation } from '../../core/blocks/recommendation.ts';
import { interactionKinds } from '../../core/profile/profile.ts';
import type { PlacementRules } from '../../core/ranking/placement-rules.ts';
import { DAY_MS, did, NOW_MS } from '../unit/small-shop.ts';
import { previewOf, putWholeProfile, startPreview } from './preview-function.ts';
import { coldStart, get, link, putItem, recommend, stores } from './serving-function.ts';

const ITEMS = 40;
const CUSTOMERS = ['ada', 'bert', 'cleo', 'nobody', 'profile-ada', 'anon:x', undefined] as const;

const deed = fc.record({
  itemId: fc.integer({ min: 0, max: ITEMS + 3 }).map((index) => `item-${index}`),
  kind: fc.constantFrom(...interactionKinds),
  timeMs: fc.integer({ min: NOW_MS - 400 * DAY_MS, max: NOW_MS }),
});
const day = fc.integer({ min: 1, max: 400 }).map((daysAgo) => NOW_MS - daysAgo * DAY_MS);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rules: fc.Arbitrary<Partial<PlacementRules>> = fc
  .record({
    categoryItemsMax: some(fc.integer({ min: 1, max: 4 })),
    brandItemsMax: some(fc.integer({ min: 1, max: 20 })),
    diversity: some(fc.constantFrom(0.2, 0.7)),
    noRepeatSends: some(fc.integer({ min: 1, max: 8 })),
    price: some(fc.constantFrom({ min: 20 }, { max: 30 }, { min: 1_000 })),
    pin: some(fc.constant([{ itemId: 'item-3', place: 2 }])),
    exclude: some(fc.constant({ categories: ['category-1'] })),
  })
  .map((drawn) => Object.fromEntries(Object.entries(drawn).filter(([, value]) => value)));
const change = fc.record({
  index: fc.integer({ min: 0, max: ITEMS + 3 }),
  changes: fc.constantFrom<object>(
    { available: false },
    { price: null },
    { imageUrl: '' },
    { title: '' },
    { title: 'Another name', price: 7 },
  ),
});
const ids = bundledPlacements.list().map(({ id }) => id);

describe('a preview without options', () => {
  it('is exactly what is served, whoever asks for whatever', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          id: fc.constantFrom(...ids),
          edits: some(rules),
          recent: fc.array(deed, { maxLength: 30 }),
          cartMs: some(day),
          shown: fc.array(fc.integer({ min: 0, max: ITEMS }), { maxLength: 10 }),
          changed: fc.array(change, { maxLength: 12 }),
          customer: fc.constantFrom(...CUSTOMERS),
          limit: fc.constantFrom(undefined, '1', '4', '24', '0', '1e9', 'NaN'),
        }),
        async ({ id, edits, recent, cartMs, shown, changed, customer, limit }) => {
          const document = bundledPlacements.find(id);
          if (document === undefined) throw new Error(`no placement ${id}`);
          stores.put('config', ['kind', 'id'], {
            ...{ kind: 'placement', id, version: 3 },
            text: JSON.stringify({
              ...document,
              version: 3,
              rules: { ...document.rules, ...edits },
            }),
          });
          const refusal = { granted: false, timeMs: NOW_MS, source: 'shop' };
          const lastSend = Math.floor(NOW_MS / 3_600_000);
          const parts = {
            recent,
            ...(cartMs !== undefined && { cart: [cartMs] as const }),
            ...(shown.length > 0 && {
              shown: [[lastSend, shown.map((index) => `item-${index}`)]] as const,
            }),
          };
          putWholeProfile('profile-ada', parts);
          putWholeProfile('bert', { ...parts, consent: { personalization: refusal } });
          putWholeProfile('cleo', { ...parts, suppression: ['complaint', NOW_MS, 'esp'] });
          link('userId', 'ada', 'profile-ada');
          for (let index = 0; index < ITEMS; index += 1) putItem(index);
          for (const { index, changes } of changed) putItem(index, changes);
          await coldStart();
          await startPreview();

          const query = { ...(customer && { customer }), ...(limit && { limit }) };
          const { body } = await get(`/v1/recommendations/${id}`, query);
          const served = recommendation.parse(JSON.parse(body));
          const seen = await previewOf(id, query);
          expect(
            seen.items.map(({ itemId, title, price, rung, reason }) => ({
              ...{ item_id: itemId, title, price, rung, reason },
            })),
          ).toEqual(
            served.items.map(({ item_id, title, price, rung, reason }) => ({
              ...{ item_id, title, price, rung, reason },
            })),
          );
          expect([seen.source, seen.reason]).toEqual([served.source, served.reason]);
          expect(seen.model?.id).toBe(served.model);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  it('is in the variant that is served', async () => {
    const popularFirst = {
      ladder: [{ kind: 'popular' }, { kind: 'static', content: 'evergreen' }],
    };
    stores.put('config', ['kind', 'id'], {
      ...{ kind: 'experiment', id: 'hero', schemaVersion: 1, experimentId: 'hero', version: 1 },
      ...{ status: 'running', placement: 'for-you', coverage: 1, holdoutShare: 0.2 },
      variants: [
        { id: 'a', weight: 0.5, overrides: {} },
        { id: 'b', weight: 0.5, overrides: popularFirst },
      ],
      ...{ startsAt: '2020-01-01T00:00:00Z', primaryOutcome: 'click-through' },
    });
    const people = Array.from({ length: 20 }, (_, index) => `person-${index}`);
    for (const person of people) putWholeProfile(person, { recent: [did('view', 5)] });
    await coldStart();
    await startPreview();
    // The documents are read beside the requests.
    await vi.waitFor(async () => {
      expect((await recommend('for-you', { customer: 'person-0' })).experiment).toBe('hero');
    }, 20_000);
    const variants = new Set<string>();
    for (const customer of people) {
      const served = await recommend('for-you', { customer });
      const { assignment, items } = await previewOf('for-you', { customer });
      const { experiment, variant, position } = served;
      expect(assignment).toEqual({ experiment, variant, position, isForced: false });
      expect(items.map(({ itemId }) => itemId)).toEqual(served.items.map((item) => item.item_id));
      variants.add(served.variant);
    }
    expect([...variants].sort()).toEqual(['a', 'b', 'holdout']);
  }, 60_000);
});
