import { afterEach, describe, expect, it } from 'vitest';
import { createHubspotConnector, hubspotConfig } from '../../adapters/sources/hubspot.ts';
import { type FakeContact, fakeHubspot, HUBSPOT_TOKEN } from '../support/fake-hubspot.ts';
import { type PullSettings, pullEverything } from '../support/pull-everything.ts';
import {
  startVendorServer,
  type VendorServer,
  vendorFixture,
} from '../support/vendor-api-server.ts';

const BEGIN_MS = Date.parse('2026-01-10T11:00:00Z');
const NOW_MS = Date.parse('2026-02-01T00:00:00Z');

let server: VendorServer;
afterEach(() => server.close());

const recorded = vendorFixture('hubspot/contact.json');

/** Contact n, changed n seconds after the beginning. */
function contact(n: number, changes: Record<string, string | null> = {}): FakeContact {
  const lastmodifieddate = new Date(BEGIN_MS + n * 1000).toISOString();
  const own = { hs_object_id: String(n), email: `c${n}@shop.example`, lastmodifieddate };
  return {
    ...recorded,
    id: String(n),
    properties: { ...Object(recorded.properties), ...own, ...changes },
  };
}

const contacts = (count: number) => Array.from({ length: count }, (_, n) => contact(n + 1));

async function pull(
  held: readonly FakeContact[] | undefined,
  settings: Partial<PullSettings> = {},
  further: object = {},
) {
  if (held !== undefined) server = await startVendorServer(fakeHubspot(held));
  const config = hubspotConfig.parse({ type: 'hubspot', apiUrl: server.url, ...further });
  const all = { secrets: { token: HUBSPOT_TOKEN }, nowMs: NOW_MS, ...settings };
  return pullEverything((services) => createHubspotConnector(config, services), all);
}

const idsOf = (calls: readonly Readonly<Record<string, unknown>>[]) =>
  new Set(calls.map(({ anonymousId }) => Number(String(anonymousId).split('-').at(-1))));
const upTo = (count: number) => new Set(contacts(count).map(({ id }) => Number(id)));

describe('HubSpot’s contacts', () => {
  it('become identify calls with traits, and an opt-out as consent', async () => {
    const held = [contact(1, { hs_email_optout: 'true', shop_id: 'u-1', colour: 'blue' })];
    const further = { customerIdProperty: 'shop_id', properties: ['colour'] };
    expect((await pull(held, {}, further)).calls).toEqual([
      {
        type: 'identify',
        messageId: expect.stringMatching(/^pull-/),
        userId: 'u-1',
        anonymousId: 'hubspot-contact-1',
        timestamp: '2026-01-10T11:00:01.000Z',
        context: { consent: { categoryPreferences: { marketing: false } } },
        traits: {
          email: 'c1@shop.example',
          firstName: 'Test',
          lastName: 'Person',
          createdAt: '2024-01-17T19:55:04.281Z',
          marketing_consent: false,
          colour: 'blue',
        },
      },
    ]);
  });

  it('say nothing of consent where HubSpot says nothing', async () => {
    const [call] = (await pull([contact(1)])).calls;
    expect(call).not.toHaveProperty('context');
    expect(call).toMatchObject({ userId: 'c1@shop.example' });
  });

  it('are told whole whatever goes wrong in between', async () => {
    server = await startVendorServer(fakeHubspot(contacts(10)));
    const limited = vendorFixture('hubspot/rate-limited.json');
    server.faults.push(
      { status: 429, body: limited },
      { status: 502, body: {} },
      'none',
      'truncated',
      'repeated',
      'time-out',
      { status: 429, headers: { 'retry-after': '3' }, body: limited },
    );
    const { calls, failures, waitsMs } = await pull(undefined);
    expect(idsOf(calls)).toEqual(upTo(10));
    expect(failures).toHaveLength(2);
    expect(waitsMs).toEqual(expect.arrayContaining([1_000, 3_000]));
  });

  it('wait for the next run once the day’s requests are used up', async () => {
    server = await startVendorServer(fakeHubspot(contacts(4)));
    const limited = { ...vendorFixture('hubspot/rate-limited.json'), policyName: 'DAILY' };
    server.faults.push('none', { status: 429, body: limited });
    const { calls, failures, waitsMs } = await pull(undefined);
    expect(failures).toEqual(['HubSpot’s daily limit is reached: the next run goes on.']);
    expect([idsOf(calls), waitsMs]).toEqual([upTo(4), []]);
  });

  it('are read beyond the 10,000 that one search gives', async () => {
    const { calls } = await pull(contacts(10_450), { recordsMax: 200 });
    expect(idsOf(calls)).toEqual(upTo(10_450));
  });

  it('are read beyond 10,000 where the next search begins with the page that ended the last', async () => {
    const lastmodifieddate = new Date(BEGIN_MS + 9_801_000).toISOString();
    const held = contacts(10_100).map(({ id }) =>
      contact(Number(id), Number(id) > 9_800 && Number(id) <= 10_000 ? { lastmodifieddate } : {}),
    );
    const { calls, failures } = await pull(held, { recordsMax: 200 });
    expect([idsOf(calls), failures]).toEqual([upTo(10_100), []]);
  });

  it('are asked for again where a page repeats the one before under a new cursor', async () => {
    const held = contacts(9);
    const whole = fakeHubspot(held);
    let count = 0;
    server = await startVendorServer((request) => {
      count += 1;
      if (count !== 2) return whole(request);
      const first = { ...request, text: request.text.replace(',"after":"3"', '') };
      return { body: { ...Object(whole(first).body), paging: { next: { after: '6' } } } };
    });
    const { calls, failures } = await pull(undefined);
    expect(failures).toEqual(['The same page came twice; the next run asks again.']);
    expect(idsOf(calls)).toEqual(upTo(9));
  });

  it('are read beyond 10,000 that changed in the same moment', async () => {
    const lastmodifieddate = new Date(BEGIN_MS + 5_000).toISOString();
    const held = contacts(10_450).map(({ id }) =>
      Number(id) > 10_440 || Number(id) < 5
        ? contact(Number(id))
        : contact(Number(id), { lastmodifieddate }),
    );
    const { calls, failures } = await pull(held, { recordsMax: 200 });
    expect([idsOf(calls), failures]).toEqual([upTo(10_450), []]);
  });

  it('are read on from the newest change, with the overlap before it', async () => {
    const held = contacts(10);
    const { cursor } = await pull(held, { overlapMs: 2_000 });
    held.push(
      contact(11),
      contact(12, { lastmodifieddate: held[8]?.properties.lastmodifieddate ?? '' }),
    );
    const { calls } = await pull(undefined, { cursor, overlapMs: 2_000 });
    expect(idsOf(calls)).toEqual(new Set([8, 9, 10, 11, 12]));
  });

  it.each([
    ['ours is a year behind', NOW_MS - 365 * 86_400_000, {}],
    ['ours is a year ahead', NOW_MS + 365 * 86_400_000, {}],
    ['HubSpot’s was in 2099 for one change', NOW_MS, { lastmodifieddate: '2099-01-01T00:00:00Z' }],
  ])('are not missed when a clock jumps: %s', async (_name, nowMs, changes) => {
    const held = [...contacts(9), contact(10, changes)];
    const { cursor } = await pull(held, { nowMs });
    held.push(contact(11));
    expect(idsOf((await pull(undefined, { nowMs, cursor })).calls)).toContain(11);
  });

  it('are the same event again unless they changed', async () => {
    const held = contacts(1);
    const [first] = (await pull(held)).calls;
    const [again] = (await pull(undefined)).calls;
    held[0] = contact(1, { lastmodifieddate: '2026-01-20T00:00:00Z' });
    const [changed] = (await pull(undefined)).calls;
    expect(again).toEqual(first);
    expect(changed?.messageId).not.toBe(first?.messageId);
  });

  it('are told anew once more of them is asked for', async () => {
    const [first] = (await pull(contacts(1))).calls;
    const [richer] = (await pull(undefined, {}, { properties: ['colour'] })).calls;
    const [other] = (await pull(undefined, {}, { customerIdProperty: 'firstname' })).calls;
    expect(new Set([first, richer, other].map((call) => call?.messageId)).size).toBe(3);
  });

  it('need a token that HubSpot knows', async () => {
    await expect(pull([], { secrets: { token: 'wrong' } })).rejects.toThrow('answered 401');
    await expect(pull(undefined, { secrets: {} })).rejects.toThrow(/no "token"/);
  });
});
