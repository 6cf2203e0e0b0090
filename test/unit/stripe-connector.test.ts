import { afterEach, describe, expect, it } from 'vitest';
import { createStripeConnector, stripeConfig } from '../../adapters/sources/stripe.ts';
import {
  type FakeAccount,
  type FakeCustomer,
  type FakeEvent,
  fakeStripe,
  STRIPE_KEY,
} from '../support/fake-stripe.ts';
import { type PullSettings, pullEverything } from '../support/pull-everything.ts';
import {
  startVendorServer,
  type VendorServer,
  vendorFixture,
} from '../support/vendor-api-server.ts';

const BEGIN_S = 1_767_950_000;
const DAY_S = 86_400;

let server: VendorServer;
afterEach(() => server.close());

function customer(n: number, changes: object = {}): FakeCustomer {
  const own = { id: `cus_${n}`, created: BEGIN_S + n, email: `c${n}@shop.example`, name: `C ${n}` };
  return { ...vendorFixture('stripe/customer.json'), ...own, ...changes };
}

function eventOf(object: FakeCustomer, created: number, type = 'customer.updated'): FakeEvent {
  const id = `evt_${object.id}_${created}`;
  return { ...vendorFixture('stripe/event.json'), id, type, created, data: { object } };
}

/** So many customers, made a second apart, each with the event of it. */
function accountOf(count: number): FakeAccount {
  const customers = Array.from({ length: count }, (_, n) => customer(count - n));
  const events = customers.map((each) => eventOf(each, each.created, 'customer.created'));
  return { customers, events, nowS: BEGIN_S + DAY_S };
}

function change(account: FakeAccount, n: number, atS: number, changes: object): void {
  const index = account.customers.findIndex(({ id }) => id === `cus_${n}`);
  account.customers[index] = { ...customer(n), ...account.customers[index], ...changes };
  account.events.unshift(eventOf(account.customers[index], atS));
}

async function pull(
  account: FakeAccount | undefined,
  settings: Partial<PullSettings> = {},
  further: object = {},
) {
  if (account !== undefined) server = await startVendorServer(fakeStripe(account));
  const config = stripeConfig.parse({ type: 'stripe', apiUrl: server.url, ...further });
  const nowMs = (BEGIN_S + DAY_S) * 1000;
  const all = { secrets: { apiKey: STRIPE_KEY }, nowMs, ...settings };
  return pullEverything((services) => createStripeConnector(config, services), all);
}

const idsOf = (calls: readonly Readonly<Record<string, unknown>>[]) =>
  [...new Set(calls.map(({ anonymousId }) => Number(String(anonymousId).split('_').at(-1))))].sort(
    (a, b) => a - b,
  );
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
const pathsAsked = () => server.requests.map(({ url }) => url.pathname);

/** What a customer is called after all calls, as profiles settle it: the later statement. */
function namesOf(calls: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  const sorted = calls.toSorted((a, b) => (String(a.timestamp) < String(b.timestamp) ? -1 : 1));
  return Object.fromEntries(sorted.map((call) => [call.anonymousId, Object(call.traits).name]));
}

describe('Stripe’s customers', () => {
  it('become identify calls with traits', async () => {
    const account = accountOf(1);
    const { calls } = await pull(account, {}, { customerIdMetadata: 'user_id' });
    expect(calls).toEqual([
      {
        type: 'identify',
        messageId: expect.stringMatching(/^pull-/),
        userId: 'shop-77',
        anonymousId: 'stripe-customer-cus_1',
        timestamp: '2026-01-09T09:13:21.000Z',
        traits: {
          email: 'c1@shop.example',
          name: 'C 1',
          createdAt: '2026-01-09T09:13:21.000Z',
          address: { city: 'Berlin', country: 'DE' },
          locale: 'de',
          stripe_currency: 'eur',
          stripe_is_delinquent: false,
        },
      },
    ]);
  });

  it('are listed whole at first, whatever goes wrong in between', async () => {
    server = await startVendorServer(fakeStripe(accountOf(11)));
    server.faults.push(
      'none',
      { status: 500, body: {} },
      'none',
      'truncated',
      'repeated',
      'none',
      { status: 429, headers: { 'retry-after': '2' }, body: {} },
      'time-out',
    );
    const { calls, failures, waitsMs } = await pull(undefined);
    expect(idsOf(calls)).toEqual(upTo(11));
    expect(failures).toHaveLength(2);
    expect(waitsMs).toContain(2_000);
  });

  it('change by events afterwards, also what changed while they were listed', async () => {
    const account = accountOf(8);
    server = await startVendorServer((request) => {
      // After the first page, which has the newest customers, one of them changes.
      if (request.url.searchParams.get('starting_after') === 'cus_6') {
        change(account, 8, BEGIN_S + 100, { name: 'Changed' });
      }
      return fakeStripe(account)(request);
    });
    const first = await pull(undefined);
    expect(namesOf(first.calls)).toMatchObject({ 'stripe-customer-cus_8': 'C 8' });
    change(account, 2, BEGIN_S + 200, { name: 'Later' });
    const second = await pull(undefined, { cursor: first.cursor });
    expect(pathsAsked().filter((path) => path === '/v1/customers')).toHaveLength(3);
    expect(namesOf([...first.calls, ...second.calls])).toMatchObject({
      'stripe-customer-cus_8': 'Changed',
      'stripe-customer-cus_2': 'Later',
    });
  });

  it('keep the last of several changes, and one back to what was', async () => {
    const account = accountOf(2);
    const { calls, cursor } = await pull(account);
    change(account, 1, BEGIN_S + 100, { name: 'Other' });
    change(account, 1, BEGIN_S + 200, { name: 'C 1' });
    const later = await pull(undefined, { cursor });
    expect(namesOf([...calls, ...later.calls])).toMatchObject({ 'stripe-customer-cus_1': 'C 1' });
    expect(later.calls.map(({ messageId }) => messageId)).not.toContain(calls[1]?.messageId);
  });

  it('are listed anew once the cursor is older than events reach back', async () => {
    const account = accountOf(5);
    const { cursor } = await pull(account);
    change(account, 3, account.nowS + DAY_S, { name: 'Missed' });
    account.nowS += 40 * DAY_S;
    const { calls } = await pull(undefined, { cursor, nowMs: account.nowS * 1000 });
    expect(namesOf(calls)).toMatchObject({ 'stripe-customer-cus_3': 'Missed' });
  });

  it('are not listed anew for want of events, as long as Stripe was asked lately', async () => {
    const account = { ...accountOf(5), nowS: BEGIN_S + 100 * DAY_S };
    const nowMs = account.nowS * 1000;
    const { cursor } = await pull(account, { nowMs });
    const asked = pathsAsked().length;
    await pull(undefined, { nowMs, cursor });
    expect(pathsAsked().slice(asked)).toEqual(['/v1/events', '/v1/events']);
  });

  it.each([
    ['ours stands still', 0],
    ['ours is a year behind', -365],
    ['ours is a year ahead', 365],
  ])('are not missed over 40 days without a run while %s', async (_name, aheadDays) => {
    const account = accountOf(3);
    const nowMs = (account.nowS + aheadDays * DAY_S) * 1000;
    const { cursor } = await pull(account, { nowMs });
    change(account, 2, account.nowS + DAY_S, { name: 'Missed' });
    account.nowS += 40 * DAY_S;
    const { calls } = await pull(undefined, { cursor, nowMs });
    expect(namesOf(calls)).toMatchObject({ 'stripe-customer-cus_2': 'Missed' });
  });

  it('need a key that Stripe knows', async () => {
    await expect(pull(accountOf(1), { secrets: { apiKey: 'no' } })).rejects.toThrow('answered 401');
  });
});
