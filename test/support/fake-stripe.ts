import type { Vendor } from './vendor-api-server.ts';

export const STRIPE_KEY = 'rk_test_0123';

export interface FakeCustomer extends Record<string, unknown> {
  id: string;
  created: number;
}
export interface FakeEvent extends Record<string, unknown> {
  id: string;
  type: string;
  created: number;
}

export interface FakeAccount {
  /** Newest first, as Stripe lists. */
  readonly customers: FakeCustomer[];
  readonly events: FakeEvent[];
  /** The account's clock; events of 30 days before it are given. */
  nowS: number;
}

const EVENTS_S_MAX = 30 * 86_400;

/** Lists of customers and events, newest first. */
export function fakeStripe(account: FakeAccount): Vendor {
  return ({ url, headers }) => {
    if (headers.authorization !== `Bearer ${STRIPE_KEY}`) return { status: 401, body: {} };
    const date = { date: new Date(account.nowS * 1000).toUTCString() };
    if (url.pathname === '/v1/customers') {
      return { headers: date, body: listOf(account.customers, url) };
    }
    if (url.pathname !== '/v1/events') return { status: 404, body: {} };
    const types = url.searchParams.getAll('types[]');
    const since = Number(url.searchParams.get('created[gte]') ?? 0);
    const events = account.events.filter(
      ({ type, created }) =>
        (types.length === 0 || types.includes(type)) &&
        created >= since &&
        created > account.nowS - EVENTS_S_MAX,
    );
    return { headers: date, body: listOf(events, url) };
  };
}

function listOf<T extends { readonly id: string }>(all: readonly T[], { searchParams }: URL) {
  const limit = Number(searchParams.get('limit') ?? 10);
  const after = searchParams.get('starting_after');
  const begin = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const data = all.slice(begin, begin + limit);
  return { object: 'list', data, has_more: begin + limit < all.length };
}
