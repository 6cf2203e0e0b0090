import { describe, expect, it, vi } from 'vitest';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { recommendation } from '../../core/blocks/recommendation.ts';
import type { Item } from '../../core/catalogue/item.ts';
import { emailSha256, identityOf, identityRef } from '../../core/identity/identity-key.ts';
import { foldEvent } from '../../core/profile/fold-event.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { Model } from '../../core/training/model.ts';
import { CurrentModel, type ModelSource } from '../../lambdas/api/current-model.ts';
import { type CustomerSource, Customers } from '../../lambdas/api/customers.ts';
import { LiveCatalogue, type ReadItems } from '../../lambdas/api/live-catalogue.ts';
import { Recommender } from '../../lambdas/api/recommend.ts';
import { trackEvent } from './event-maker.ts';
import { did, itemNumber, NOW_MS, smallModel } from './small-shop.ts';

const SECRET = 'a-secret-of-this-environment';
const never = <T>(): Promise<T> => new Promise<T>(() => {});
const broken = () => Promise.reject(new Error('ECONNRESET'));

function profileWith(changes: Partial<Profile> = {}): Profile {
  return {
    schemaVersion: 2,
    profileId: 'profile-ada',
    version: 1,
    identities: [],
    traits: {},
    recent: [did('view', 5)],
    orders: { count: 0, revenueMinor: {}, refundCount: 0, refundedMinor: {} },
    email: { openCount: 0, clickCount: 0 },
    eventCount: 1,
    firstSeenMs: NOW_MS,
    lastSeenMs: NOW_MS,
    evidence: { lanes: {}, messages: '' },
    ...changes,
  };
}

/** A shop in which Ada is known by all of her identities; each part can be replaced by a broken one. */
class Shop {
  profile: Profile = profileWith();
  model: Model | undefined = smallModel(40);
  catalogue = new Map<string, Item>();
  reads: string[] = [];
  parts: Partial<CustomerSource> = {};
  modelSource: Partial<ModelSource> = {};
  readItems: ReadItems | undefined;
  modelFailures: string[] = [];

  async answer(query: { customer?: string; placement?: string; limit?: string }) {
    return this.recommender().answer(
      { placement: 'for-you', customer: undefined, limit: undefined, ...query },
      NOW_MS,
    );
  }

  recommender(): Recommender {
    const links = new Map(
      [
        identityOf('userId', 'ada', SECRET),
        identityOf('email', 'Ada@mail.example ', SECRET),
        identityOf('anonymousId', 'device-1', SECRET),
      ].map((identity) => [identityRef(identity), 'profile-ada']),
    );
    const source: CustomerSource = {
      secret: async () => SECRET,
      findProfileId: async (refs, id) => {
        this.reads.push('identities');
        const linked = refs.map((ref) => links.get(ref)).find((found) => found !== undefined);
        return linked ?? (id === 'profile-ada' ? id : undefined);
      },
      readProfile: async () => this.profile,
      ...this.parts,
    };
    const model = new CurrentModel(
      {
        currentId: async () => this.model?.id,
        load: async () =>
          this.model ? { ok: true, model: this.model } : { ok: false, reason: 'none' },
        ...this.modelSource,
      },
      (reason) => this.modelFailures.push(reason),
      1_500,
    );
    const read: ReadItems = async (ids) =>
      new Map(
        ids.flatMap((id) => {
          const item = this.catalogue.get(id);
          return item === undefined ? [] : [[id, item]];
        }),
      );
    return new Recommender({
      placements: bundledPlacements,
      customers: new Customers(source, 250),
      model,
      catalogue: new LiveCatalogue(this.readItems ?? read, 100),
    });
  }
}

describe('the customer key', () => {
  it.each([
    ['a user id', 'ada'],
    ['the SHA-256 of the email', emailSha256('ada@mail.example')],
    ['the same in capitals', emailSha256('ada@mail.example').toUpperCase()],
    ['an anonymous id', 'anon:device-1'],
    ['a profile id', 'profile-ada'],
  ])('is found as %s', async (_, customer) => {
    const { recommendation: answer, facts } = await new Shop().answer({ customer });
    expect(answer.source).toBe('personal');
    expect(answer.customer).toBe(customer);
    expect(facts).toMatchObject({ isUnknownCustomer: false, isFallback: false });
  });

  it.each([
    'ada@mail.example',
    'ada%40mail.example',
    'ada%2540mail.example',
    'anon:ada＠mail.example',
  ])('is refused as %s, and the address goes nowhere', async (customer) => {
    const shop = new Shop();
    const answer = await shop.answer({ customer });
    expect(answer.recommendation.items).toHaveLength(12);
    expect(answer.recommendation.customer).toBe('');
    expect(answer.recommendation.reason).toContain('email address was refused');
    expect(JSON.stringify(answer)).not.toContain('mail.example');
    expect(shop.reads).toEqual([]);
  });

  it('of a stranger gets what everybody gets, and says so', async () => {
    const { recommendation: answer, facts } = await new Shop().answer({ customer: 'nobody' });
    expect(answer.source).toBe('trending');
    expect(answer.reason).toContain('the customer is unknown');
    expect(facts).toMatchObject({ isUnknownCustomer: true, isFallback: true });
  });

  it('that is absurdly long is refused', async () => {
    const answer = await new Shop().answer({ customer: 'x'.repeat(5000) });
    expect(answer.recommendation.customer).toBe('');
    expect(answer.recommendation.items).toHaveLength(12);
  });
});

describe('consent', () => {
  it('withdrawn leaves nothing personal in the answer', async () => {
    const shop = new Shop();
    const personalization = { granted: false, timeMs: NOW_MS, source: 'website' };
    shop.profile = profileWith({ consent: { personalization }, recent: [did('purchase', 39)] });
    const { recommendation: answer } = await shop.answer({ customer: 'ada' });
    expect(answer.source).toBe('trending');
    expect(answer.reason).toContain('not agreed to personalisation');
    // What was bought is personal too: not even an exclusion may follow from it.
    expect(answer.items[0]?.item_id).toBe('item-39');
  });

  it.each([
    ['Unsubscribed', {}],
    ['Email Marked as Spam', {}],
    ['Email Bounced', { bounce_type: 'hard' }],
  ])('ends with %s: the customer gets what everybody gets', async (event, properties) => {
    const shop = new Shop();
    shop.profile = foldEvent(profileWith(), trackEvent(event, { properties }));
    const { recommendation: answer } = await shop.answer({ customer: 'ada' });
    expect(answer.source).toBe('trending');
    expect(answer.reason).toContain('gets no email');
    expect(answer.items).toHaveLength(12);
    shop.profile = foldEvent(
      shop.profile,
      trackEvent('Email Resubscribed', { timestamp: '2026-01-02T00:00:00.500Z' }),
    );
    expect((await shop.answer({ customer: 'ada' })).recommendation.source).toBe('personal');
  });

  it('refused for email alone leaves nothing personal in the answer', async () => {
    const shop = new Shop();
    shop.profile = profileWith({ channelConsent: { 'email.personalization': [0, NOW_MS, 'crm'] } });
    const { recommendation: answer } = await shop.answer({ customer: 'ada' });
    expect(answer.source).toBe('trending');
    expect(answer.reason).toContain('not agreed to personalisation');
  });

  it('given or never asked for makes no difference', async () => {
    const shop = new Shop();
    const personalization = { granted: true, timeMs: NOW_MS, source: 'website' };
    shop.profile = profileWith({ consent: { personalization } });
    expect((await shop.answer({ customer: 'ada' })).recommendation.source).toBe('personal');
  });
});

describe('whatever is broken', () => {
  const breaks: [string, (shop: Shop) => void][] = [
    ['a secret that fails', (shop) => (shop.parts = { secret: broken })],
    ['a secret that hangs', (shop) => (shop.parts = { secret: never })],
    ['identities that fail', (shop) => (shop.parts = { findProfileId: broken })],
    ['identities that hang', (shop) => (shop.parts = { findProfileId: never })],
    ['profiles that fail', (shop) => (shop.parts = { readProfile: broken })],
    ['profiles that hang', (shop) => (shop.parts = { readProfile: never })],
    ['a catalogue that fails', (shop) => (shop.readItems = broken)],
    ['a catalogue that hangs', (shop) => (shop.readItems = never)],
    ['a pointer that fails', (shop) => (shop.modelSource = { currentId: broken })],
    ['a pointer that hangs', (shop) => (shop.modelSource = { currentId: never })],
    ['a model that fails', (shop) => (shop.modelSource = { load: broken })],
    ['a model that hangs', (shop) => (shop.modelSource = { load: never })],
    ['no model', (shop) => (shop.model = undefined)],
  ];

  it.each(breaks)('%s leaves every placement full', async (_, breakIt) => {
    const shop = new Shop();
    breakIt(shop);
    const placements = ['for-you', 'recently-viewed', 'popular', 'no-such'];
    const answers = await Promise.all(
      placements.map((placement) => shop.answer({ customer: 'ada', placement })),
    );
    for (const { recommendation: answer } of answers) {
      expect(recommendation.parse(answer)).toEqual(answer);
      expect(answer.items).toHaveLength(12);
      expect(new Set(answer.items.map((item) => item.item_id)).size).toBe(12);
    }
  });

  it('a store that cannot be read is named, and its answer is not kept', async () => {
    const shop = new Shop();
    shop.parts = { readProfile: broken };
    const recommender = shop.recommender();
    const query = { placement: 'for-you', customer: 'ada', limit: undefined };
    const during = await recommender.answer(query, NOW_MS);
    expect(during.facts.unavailable).toEqual(['profiles']);
    expect(during.recommendation.reason).toContain('could not be looked up in time');
    expect(during.facts.isFallback).toBe(true);
  });

  it('a secret store that fails later does not matter: the secret is remembered', async () => {
    let isDown = false;
    const shop = new Shop();
    shop.parts = { secret: () => (isDown ? broken() : Promise.resolve(SECRET)) };
    const recommender = shop.recommender();
    const query = { placement: 'for-you', customer: 'ada', limit: undefined };
    await recommender.answer(query, NOW_MS);
    isDown = true;
    expect((await recommender.answer(query, NOW_MS)).recommendation.source).toBe('personal');
  });
});

describe('the live catalogue', () => {
  it('goes before the model in title, price and availability', async () => {
    const shop = new Shop();
    shop.catalogue.set('item-6', itemNumber(6, { price: 1.5, title: 'Renamed <6>' }));
    shop.catalogue.set('item-7', itemNumber(7, { available: false }));
    const { recommendation: answer } = await shop.answer({ customer: 'ada' });
    expect(answer.items[0]).toMatchObject({
      item_id: 'item-6',
      title: 'Renamed <6>',
      title_html: 'Renamed &lt;6&gt;',
      price: 1.5,
      price_text: '£1.50',
    });
    expect(answer.items.map((item) => item.item_id)).not.toContain('item-7');
    expect(answer.items).toHaveLength(12);
  });

  it('shows items that are newer than the model', async () => {
    const shop = new Shop();
    shop.catalogue.set('brand-new', itemNumber(0, { itemId: 'brand-new', title: 'Brand new' }));
    shop.profile = profileWith({ recent: [{ itemId: 'brand-new', kind: 'view', timeMs: NOW_MS }] });
    const answer = await shop.answer({ customer: 'ada', placement: 'recently-viewed' });
    expect(answer.recommendation.items[0]?.item_id).toBe('brand-new');
  });

  it('shows an item that enrichment wrote only after it was first asked for', async () => {
    const shop = new Shop();
    shop.profile = profileWith({ recent: [{ itemId: 'late', kind: 'view', timeMs: NOW_MS }] });
    const recommender = shop.recommender();
    const query = { placement: 'recently-viewed', customer: 'ada', limit: undefined };
    await recommender.answer(query, NOW_MS);
    shop.catalogue.set('late', itemNumber(0, { itemId: 'late', title: 'Late' }));
    const { recommendation: answer } = await recommender.answer(query, NOW_MS);
    expect(answer.items[0]?.item_id).toBe('late');
  });
});

describe('an answer', () => {
  it('changes with the next event of the customer and not before', async () => {
    const shop = new Shop();
    for (let index = 0; index < 40; index += 1) {
      shop.catalogue.set(`item-${index}`, itemNumber(index));
    }
    const recommender = shop.recommender();
    const query = { placement: 'for-you', customer: 'ada', limit: '4' };
    const first = await recommender.answer(query, NOW_MS);
    const again = await recommender.answer(query, NOW_MS + 1000);
    expect(again.recommendation).toBe(first.recommendation);
    shop.profile = profileWith({ version: 2, recent: [did('purchase', 6, 0), did('view', 5)] });
    const after = await recommender.answer(query, NOW_MS + 2000);
    expect(after.recommendation.items.map((item) => item.item_id)).not.toContain('item-6');
  });

  it.each(['0', '-1', '1e9', 'NaN'])('has a usual size when asked for %s items', async (limit) => {
    const { recommendation: answer } = await new Shop().answer({ customer: 'ada', limit });
    expect(answer.items).toHaveLength(limit === '1e9' ? 24 : 12);
    expect(answer.reason).toContain('limit must be a whole number');
  });

  it('for a placement that nobody defined says so and repeats no odd name', async () => {
    const { recommendation: answer, facts } = await new Shop().answer({ placement: 'ada@mail' });
    expect(answer.placement).toBe('');
    expect(answer.reason).toContain('no placement of this name');
    expect(facts.isUnknownPlacement).toBe(true);
  });

  it('is kept while an event changes nothing of it, and not when a listed price changes', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
    const shop = new Shop();
    for (let index = 0; index < 40; index += 1) {
      shop.catalogue.set(`item-${index}`, itemNumber(index));
    }
    const recommender = shop.recommender();
    const query = { placement: 'popular', customer: 'ada', limit: '4' };
    const first = await recommender.answer(query, NOW_MS);
    shop.profile = profileWith({ version: 2, eventCount: 2, recent: [did('view', 5, 0)] });
    const again = await recommender.answer(query, NOW_MS);
    expect(again.recommendation).toBe(first.recommendation);
    shop.catalogue.set('item-0', itemNumber(0, { price: 1 }));
    // Past the catalogue's minute, and within the placement's five.
    vi.setSystemTime(NOW_MS + 61_000);
    const after = await recommender.answer(query, NOW_MS + 61_000);
    vi.useRealTimers();
    expect(after.recommendation.items[0]).toMatchObject({ item_id: 'item-0', price: 1 });
  });
});
