import { describe, expect, it } from 'vitest';
import { DROPS_SHOWN_MAX } from '../../core/blocks/preview.ts';
import { identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { DAY_MS, did, NOW_MS, placementNamed, smallModel } from '../unit/small-shop.ts';
import { askPreview, previewOf, putWholeProfile, startPreview } from './preview-function.ts';
import {
  output,
  publish,
  putItem,
  putProfile,
  recommend,
  SECRET,
  stores,
} from './serving-function.ts';

const ladder = [{ kind: 'for-you' }, { kind: 'popular' }, { kind: 'static', content: 'evergreen' }];

function putPlacement(id: string, changes: object, rules: object = {}): void {
  const { placement } = placementNamed('for-you');
  const base = {
    excludeBoughtWithinDays: 30,
    onlyAvailable: true,
    onlyWithImage: true,
  };
  const document = {
    ...placement,
    id,
    version: 7,
    ladder,
    ...changes,
    rules: { ...base, ...rules },
  };
  const row = { kind: 'placement', id, version: 7, text: JSON.stringify(document) };
  stores.put('config', ['kind', 'id'], row);
}

function putExperiment(id: string, changes: object = {}): void {
  stores.put('config', ['kind', 'id'], {
    ...{ kind: 'experiment', id, schemaVersion: 1, experimentId: id, version: 1 },
    ...{ status: 'draft', placement: 'for-you', coverage: 1, holdoutShare: 0 },
    variants: [
      {
        id: 'a',
        weight: 0.5,
        overrides: { heading: 'Other words', template: 'shop', position: 2 },
      },
      { id: 'b', weight: 0.5, overrides: { ladder: ladder.slice(1) } },
    ],
    ...{ startsAt: '2020-01-01T00:00:00Z', primaryOutcome: 'click-through' },
    ...changes,
  });
}

const idsOf = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => itemId);

describe('a preview', () => {
  it('is what the customer is served, with rungs, scores and reasons', async () => {
    const shown = await previewOf('for-you', { customer: 'ada', limit: '6' });
    const served = await recommend('for-you', { customer: 'ada', limit: '6' });
    expect(idsOf(shown.items)).toEqual(served.items.map(({ item_id: id }) => id));
    expect(shown).toMatchObject({
      placement: { id: 'for-you', isEdited: false, limit: 6 },
      model: { id: served.model, isChosen: false },
      customer: { state: 'known', deedCount: 1 },
      assignment: null,
      source: 'personal',
      isAtChosen: false,
    });
    expect(shown.items[0]).toMatchObject({ place: 1, rung: 'for-you', source: 'personal' });
    const personal = shown.items.filter(({ rung }) => rung === 'for-you');
    const scores = personal.map(({ score }) => score ?? 0);
    expect(scores[0]).toBeGreaterThan(0);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('names what each rule dropped, and by which rung it had been offered', async () => {
    putProfile('profile-ada', { recent: [did('view', 5), did('purchase', 8)] });
    putItem(6, { available: false });
    putItem(7, { imageUrl: '' });
    const rules = { exclude: { items: ['item-0'] }, categoryItemsMax: 2 };
    putPlacement('for-you', {}, rules);
    const { drops, items } = await previewOf('for-you', { customer: 'ada', limit: '14' });
    const dropsOf = (rule: string) => drops.find((group) => group.rule === rule);
    expect(dropsOf('bought')?.items[0]).toMatchObject({ itemId: 'item-8', title: 'Item 8' });
    expect(dropsOf('sold out')).toMatchObject({
      itemCount: 1,
      items: [{ itemId: 'item-6', rungs: ['for-you', 'popular'], isListed: false }],
    });
    expect(dropsOf('no image')?.items.map(({ itemId }) => itemId)).toContain('item-7');
    expect(dropsOf('excluded item')?.items[0]).toMatchObject({ rungs: ['popular'] });
    expect(dropsOf('category is full')?.itemCount).toBeGreaterThan(0);
    for (const id of ['item-8', 'item-6', 'item-7', 'item-0'])
      expect(idsOf(items)).not.toContain(id);
  });

  it('of a placement that excludes everything counts it all and names the first', async () => {
    putPlacement('for-you', {}, { price: { min: 1_000_000 } });
    const { drops, items } = await previewOf('for-you', { customer: 'ada' });
    expect(new Set(items.map(({ rung }) => rung))).toEqual(new Set(['static']));
    expect(drops).toMatchObject([{ rule: 'price range', itemCount: 40 }]);
    expect(drops[0]?.items).toHaveLength(DROPS_SHOWN_MAX);
  });

  it('says that a held back item stands in the list after all', async () => {
    putPlacement('for-you', {}, { categoryItemsMax: 1 });
    const { drops, items } = await previewOf('for-you', { customer: 'ada', limit: '10' });
    const held = drops.find(({ rule }) => rule === 'category is full')?.items ?? [];
    expect(held.filter(({ isListed }) => isListed)).toHaveLength(4);
    expect(items.filter(({ rung }) => rung === 'static')).toEqual([]);
  });

  it('records nothing: no event, no metric', async () => {
    putPlacement('for-you', {}, { noRepeatSends: 2 });
    putExperiment('hero', { status: 'running' });
    putProfile('profile-ada', { recent: [did('view', 5)], identities: ['userId#ada-hash'] });
    const { assignment } = await previewOf('for-you', { customer: 'ada' });
    expect(assignment).toMatchObject({ experiment: 'hero', isForced: false });
    expect(stores.events).toEqual([]);
    expect(output.filter((line) => line.includes('"_aws"'))).toEqual([]);
  });
});

describe('a preview tells the state of', () => {
  it.each([
    ['nobody', {}, 'absent'],
    ['a stranger', { customer: 'nobody' }, 'unknown'],
    ['a customer who refused', { customer: 'bert' }, 'no-consent'],
    ['a customer who gets no email', { customer: 'cleo' }, 'suppressed'],
    ['a customer who was erased', { customer: 'dora' }, 'erased'],
  ])('%s, who is shown what everybody gets', async (_, query, state) => {
    const refusal = { granted: false, timeMs: NOW_MS, source: 'shop' };
    const recent = [did('view', 5)];
    putProfile('bert', { recent, consent: { personalization: refusal } });
    putWholeProfile('cleo', { recent, suppression: ['complaint', NOW_MS, 'esp'] });
    stores.put('identities', ['identity'], {
      identity: identityRef(identityOf('userId', 'dora', SECRET)),
      erased: { erasureId: 'e', erasedAtMs: NOW_MS, reason: '', isSuppressed: false },
    });
    const shown = await previewOf('for-you', query);
    const served = await recommend('for-you', query);
    expect(shown.customer).toMatchObject({ state, deedCount: 0, newestDeedAt: null });
    expect(shown.reason).toBe(served.reason);
    expect(idsOf(shown.items)).toEqual(served.items.map(({ item_id: id }) => id));
  });
});

describe('a preview under a chosen', () => {
  it('variant shows what it overrides, also of a draft', async () => {
    putExperiment('hero');
    const forced = await previewOf('for-you', { customer: 'ada', variant: 'b' });
    expect(forced).toMatchObject({
      assignment: { experiment: 'hero', variant: 'b', isForced: true },
      placement: { ladder: ['popular', 'static'] },
      source: 'popular',
    });
    expect((await previewOf('for-you', { customer: 'ada' })).assignment).toBeNull();
    const { placement, assignment } = await previewOf('for-you', { variant: 'a' });
    expect(assignment).toMatchObject({ variant: 'a', position: 2 });
    expect(placement).toMatchObject({ heading: 'Other words', template: 'shop' });
    const heldOut = await previewOf('for-you', { customer: 'ada', variant: 'holdout' });
    expect(heldOut.assignment).toMatchObject({ variant: 'holdout' });
    putExperiment('other');
    const { limits } = await previewOf('for-you', { customer: 'ada', variant: 'b' });
    expect(limits.join()).toContain('hero, other');
  });

  it('model ranks by that one', async () => {
    const other = { ...smallModel(12), id: '2026-11-20T02:00:00Z-0001' };
    publish(other);
    publish();
    const shown = await previewOf('popular', { model: other.id, limit: '12' });
    expect(shown.model).toMatchObject({ id: other.id, isChosen: true });
    expect(idsOf(shown.items).every((id) => Number(id.slice('item-'.length)) < 12)).toBe(true);
    expect((await previewOf('popular')).model).toMatchObject({ id: smallModel(40).id });
  });

  it('moment knows nothing of what came after', async () => {
    const recent = [did('view', 30, 0.5), did('view', 5, 3)];
    putProfile('profile-ada', { recent });
    const at = new Date(NOW_MS - 2 * DAY_MS).toISOString();
    const now = await previewOf('for-you', { customer: 'ada', limit: '3' });
    const then = await previewOf('for-you', { customer: 'ada', limit: '3', at });
    expect(now.customer.deedCount).toBe(2);
    expect(then).toMatchObject({ at, isAtChosen: true, customer: { deedCount: 1 } });
    expect(then.customer.newestDeedAt).toBe(new Date(NOW_MS - 3 * DAY_MS).toISOString());
    expect(idsOf(then.items)).toContain('item-6');
    expect(idsOf(then.items)).not.toContain('item-31');
    expect(then.limits.join()).toContain('prices and stock are the catalogue’s of now');
    expect(then.limits.join()).toContain('has learnt from what came after');
    const offset = await previewOf('for-you', { at: '2026-11-21T13:00:00+01:00' });
    expect(offset.at).toBe('2026-11-21T12:00:00.000Z');
    const day = await previewOf('for-you', { customer: 'ada', at: '2026-11-01' });
    expect(day).toMatchObject({ at: '2026-11-01T00:00:00.000Z', customer: { deedCount: 0 } });
  });

  it('moment sees the cart as it was', async () => {
    const added = did('cart', 5, 3);
    const ordered = { ...did('purchase', 5, 1) };
    putWholeProfile('carl', {
      recent: [ordered, added],
      orders: {
        ...{ count: 1, revenueMinor: {}, refundCount: 0, refundedMinor: {} },
        ...{ firstAtMs: ordered.timeMs, lastAtMs: ordered.timeMs },
      },
      cart: [added.timeMs],
    });
    const rungsAt = async (at: string) => {
      const { items } = await previewOf('cart-recovery', { customer: 'carl', at });
      return items.filter(({ rung }) => rung === 'cart-recovery').map(({ itemId }) => itemId);
    };
    expect(await rungsAt(new Date(NOW_MS - 2 * DAY_MS).toISOString())).toEqual(['item-5']);
    expect(await rungsAt(new Date(NOW_MS).toISOString())).toEqual([]);
    expect(await rungsAt(new Date(NOW_MS - 4 * DAY_MS).toISOString())).toEqual([]);
  });

  it('moment judges the starts and ends of experiments', async () => {
    putExperiment('hero', { status: 'running', startsAt: '2026-11-10T00:00:00Z' });
    const assignedAt = async (at: string) =>
      (await previewOf('for-you', { customer: 'ada', at })).assignment?.experiment;
    expect(await assignedAt('2026-11-09T23:59:59Z')).toBeUndefined();
    expect(await assignedAt('2026-11-10T00:00:00Z')).toBe('hero');
  });
});

describe('a preview refuses', () => {
  const address = 'ada.lovelace@mail.example';
  it.each([
    ['an e-mail address', { customer: address }, 'customer', 'SHA-256'],
    ['an address in disguise', { customer: 'ada%2540mail.example' }, 'customer', 'SHA-256'],
    ['a key longer than any id', { customer: 'x'.repeat(5_000) }, 'customer', 'longer'],
    ['a moment that is none', { at: 'yesterday' }, 'at', 'ISO 8601'],
    ['a day that is none', { at: '2026-02-30' }, 'at', 'ISO 8601'],
    ['a model’s id that is none', { model: '../x' }, 'model', 'no id of a model'],
    ['a variant where there is no experiment', { variant: 'b' }, 'variant', 'no experiment'],
    ['a parameter that it does not know', { custmer: 'ada' }, '', 'custmer'],
  ])('%s, by field', async (_, query: Record<string, string>, path, words) => {
    const { status, text } = await askPreview('for-you', query);
    expect(status).toBe(400);
    const { issues } = JSON.parse(text);
    expect(issues).toMatchObject([{ path, message: expect.stringContaining(words) }]);
    for (const value of [query.customer, query.at]) {
      if (value !== undefined) expect(text + output.join()).not.toContain(value);
    }
  });

  it('an unknown variant, and names those there are', async () => {
    putExperiment('hero');
    const { status, text } = await askPreview('for-you', { variant: 'z' });
    expect(status).toBe(400);
    expect(JSON.parse(text).issues[0].message).toContain('there are a, b, holdout');
  });

  it('an unknown placement or model with 404, and no id of a placement with 400', async () => {
    expect((await askPreview('no-such')).status).toBe(404);
    expect((await askPreview('No Such')).status).toBe(400);
    expect((await askPreview('for-you', { model: 'no-such' })).status).toBe(404);
  });

  it('a placement and a model that can’t be used with 409, and says why', async () => {
    const { id } = smallModel(40);
    const [key = ''] = [...stores.objects.keys()].filter(
      (name) => name.includes(id) && !name.endsWith('manifest.json'),
    );
    stores.objects.set(key, new Uint8Array(7));
    const { status, text } = await askPreview('for-you', { model: id });
    expect(status).toBe(409);
    expect(JSON.parse(text).detail).toContain(`model ${id}`);
    publish();
    stores.put('config', ['kind', 'id'], { kind: 'placement', id: 'spoilt', text: '{' });
    expect((await askPreview('spoilt')).status).toBe(409);
  });
});

describe('a preview serves as the contract does', () => {
  it.each([
    ['0', 12],
    ['-1', 12],
    ['1000000000', 24],
    ['NaN', 12],
    ['', 12],
  ])('a limit of “%s”, and shows the note', async (limit, given) => {
    const { items, notes, placement } = await previewOf('for-you', { customer: 'ada', limit });
    expect(items).toHaveLength(given);
    expect(placement.limit).toBe(given);
    expect(notes.join()).toContain('limit must be a whole number from 1 to 24');
  });

  it('before the first model', async () => {
    stores.clear();
    const shown = await previewOf('for-you', { customer: 'ada' });
    expect(shown.model).toBeNull();
    expect(shown.notes).toContain('no model can be used yet');
  });
});

describe('a preview of a store that can’t be read', () => {
  it.each([
    ['dynamodb', 'refuse', 'table'],
    ['dynamodb', 'throttle', 'table'],
    ['dynamodb', 'error', 'table'],
    ['dynamodb', 'hang', 'table'],
    ['s3', 'error', 'bucket of models'],
    ['s3', 'hang', 'bucket of models'],
    ['secrets', 'hang', 'identity secret'],
    ['secrets', 'error', 'identity secret'],
  ] as const)(
    'is 503 and names it (%s, %s)',
    async (store, mood, name) => {
      stores.moods[store] = mood;
      await startPreview();
      const { status, text } = await askPreview('for-you', { customer: 'ada' });
      expect(status).toBe(503);
      expect(JSON.parse(text).detail).toContain(name);
      expect(output.join()).not.toContain('ada');
    },
    30_000,
  );
});
