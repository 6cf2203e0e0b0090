import { afterEach, describe, expect, it } from 'vitest';
import { createSalesforceConnector, salesforceConfig } from '../../adapters/sources/salesforce.ts';
import { soqlText } from '../../adapters/sources/soql.ts';
import {
  type FakeOrg,
  type FakeSalesforceContact,
  fakeSalesforce,
} from '../support/fake-salesforce.ts';
import { type PullSettings, pullEverything } from '../support/pull-everything.ts';
import {
  startVendorServer,
  type VendorServer,
  vendorFixture,
  vendorFixtureList,
} from '../support/vendor-api-server.ts';

const BEGIN_MS = Date.parse('2026-01-10T11:00:00Z');
const NOW_MS = Date.parse('2026-02-01T00:00:00Z');

let server: VendorServer;
afterEach(() => server.close());

const at = (seconds: number) =>
  new Date(BEGIN_MS + seconds * 1000).toISOString().replace('Z', '+0000');

/** Contact n; three contacts at a time change in the same second. */
function contact(n: number, changes: object = {}): FakeSalesforceContact {
  const own = {
    Id: `003${String(n).padStart(15, '0')}`,
    Email: `c${n}@shop.example`,
    SystemModstamp: at(Math.floor(n / 3)),
  };
  return { ...vendorFixture('salesforce/contact.json'), ...own, ...changes };
}

function orgOf(count: number): FakeOrg {
  return {
    contacts: Array.from({ length: count }, (_, n) => contact(n + 1)),
    sessions: new Set(),
    locators: new Map(),
    batchSize: 4,
    queries: [],
  };
}

async function pull(
  org: FakeOrg | undefined,
  settings: Partial<PullSettings> = {},
  further: object = {},
) {
  if (org !== undefined) server = await startVendorServer(fakeSalesforce(org));
  const domain = 'acme.my.salesforce.com';
  const apiUrl = server.url;
  const config = salesforceConfig.parse({ type: 'salesforce', domain, apiUrl, ...further });
  const secrets = { clientId: 'app-id', clientSecret: 'app-secret' };
  const all = { secrets, nowMs: NOW_MS, ...settings };
  return pullEverything((services) => createSalesforceConnector(config, services), all);
}

const idsOf = (calls: readonly Readonly<Record<string, unknown>>[]) =>
  calls.map(({ anonymousId }) => Number(String(anonymousId).slice(-15))).sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

describe('Salesforce’s contacts', () => {
  it('become identify calls with traits, and an opt-out as consent', async () => {
    const org = orgOf(0);
    org.contacts.push(contact(1, { Shop_Id__c: 'u-1', Colour__c: 'blue' }));
    const further = { customerIdField: 'Shop_Id__c', fields: ['Colour__c'] };
    expect((await pull(org, {}, further)).calls).toEqual([
      {
        type: 'identify',
        messageId: expect.stringMatching(/^pull-/),
        userId: 'u-1',
        anonymousId: 'salesforce-contact-003000000000000001',
        timestamp: '2026-01-10T11:00:00.000+0000',
        context: { consent: { categoryPreferences: { marketing: false } } },
        traits: {
          email: 'c1@shop.example',
          firstName: 'John',
          lastName: 'Steele (Sample)',
          title: 'Buyer',
          address: { city: 'Singapore', country: 'SG' },
          salesforce_lead_source: 'Web',
          createdAt: '2026-01-01T08:00:00.000+0000',
          marketing_consent: false,
          Colour__c: 'blue',
        },
      },
    ]);
    expect(org.queries).toEqual([expect.stringContaining(', Colour__c FROM Contact ORDER BY')]);
  });

  it('are told whole whatever goes wrong in between', async () => {
    server = await startVendorServer(fakeSalesforce(orgOf(14)));
    server.faults.push(
      'none',
      { status: 500, body: {} },
      'none',
      'truncated',
      'none',
      { status: 429, headers: { 'retry-after': '5' }, body: {} },
      'time-out',
      'none',
      'repeated',
    );
    const { calls, failures, waitsMs } = await pull(undefined);
    expect(idsOf(calls)).toEqual(upTo(14));
    expect(failures.length).toBeGreaterThan(0);
    expect(waitsMs).toContain(5_000);
  });

  it('are asked for with a new token, once, when the session has expired', async () => {
    const org = orgOf(10);
    server = await startVendorServer(fakeSalesforce(org));
    const expired = { status: 401, body: vendorFixtureList('salesforce/session-expired.json') };
    server.faults.push('none', 'none', expired);
    const { calls, failures } = await pull(undefined);
    expect([idsOf(calls), failures]).toEqual([upTo(10), []]);
    const tokens = server.requests.filter(({ url }) => url.pathname.endsWith('/token'));
    expect(tokens).toHaveLength(2);
    server.faults.push('none', 'none', expired, 'none', expired);
    expect((await pull(undefined)).failures).toEqual(['The source answered 401.']);
  });

  it('are read on behind the last one once Salesforce has forgotten the query', async () => {
    const org = orgOf(14);
    server = await startVendorServer((request) => {
      const answer = fakeSalesforce(org)(request);
      if (request.url.pathname.includes('01gxx')) org.locators.clear();
      return answer;
    });
    const { calls, failures } = await pull(undefined);
    expect([idsOf(calls), failures]).toEqual([upTo(14), []]);
    expect(org.queries.at(-1)).toMatch(/AND Id > '003\d{15}'\)/);
  });

  it('wait for the next run once the day’s requests are used up', async () => {
    server = await startVendorServer(fakeSalesforce(orgOf(6)));
    const limited = { status: 403, body: vendorFixtureList('salesforce/limit-exceeded.json') };
    server.faults.push('none', 'none', limited);
    const { calls, failures } = await pull(undefined);
    expect(failures).toEqual(['Salesforce’s limit of requests is reached: it is a day’s.']);
    expect(idsOf(calls)).toEqual(upTo(6));
  });

  it('are read on from the newest change, with the overlap before it', async () => {
    const org = orgOf(9);
    const { cursor } = await pull(org, { overlapMs: 1_000 });
    org.contacts.push(contact(10), contact(20, { SystemModstamp: at(2) }));
    const { calls } = await pull(undefined, { cursor, overlapMs: 1_000 });
    expect(idsOf(calls)).toEqual([6, 7, 8, 9, 10, 20]);
  });

  it.each([
    ['ours is a year behind', NOW_MS - 365 * 86_400_000, {}],
    ['ours is a year ahead', NOW_MS + 365 * 86_400_000, {}],
    ['its own was in 2099 for one change', NOW_MS, { SystemModstamp: '2099-01-01T00:00:00Z' }],
  ])('are not missed when a clock jumps: %s', async (_name, nowMs, changes) => {
    const org = orgOf(5);
    org.contacts.push(contact(6, changes));
    const { cursor } = await pull(org, { nowMs });
    org.contacts.push(contact(7));
    expect(idsOf((await pull(undefined, { nowMs, cursor })).calls)).toContain(7);
  });
});

describe('a query', () => {
  it('holds texts as texts and nothing else', () => {
    const text = `x' OR Name != '\\" \n`;
    expect(soqlText(text)).toBe(String.raw`'x\' OR Name != \'\\\" \n'`);
  });

  it.each(['Id FROM User--', 'a,b', "x'", ''])('takes no field named %s', (name) => {
    const document = { type: 'salesforce', domain: 'acme.my.salesforce.com', fields: [name] };
    expect(salesforceConfig.safeParse(document).success).toBe(false);
  });

  it.each(['evil.example', 'salesforce.com.evil.example', 'acme.my.salesforce.com/x'])(
    'goes to no host such as %s',
    (domain) => {
      expect(salesforceConfig.safeParse({ type: 'salesforce', domain }).success).toBe(false);
    },
  );
});
