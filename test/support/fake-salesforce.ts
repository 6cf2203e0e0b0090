import type { Vendor } from './vendor-api-server.ts';
import { vendorFixture, vendorFixtureList } from './vendor-api-server.ts';

export interface FakeSalesforceContact extends Record<string, unknown> {
  Id: string;
  SystemModstamp: string;
}

export interface FakeOrg {
  readonly contacts: FakeSalesforceContact[];
  /** Tokens that are good now. */
  readonly sessions: Set<string>;
  /** Results of queries that go on, by locator; emptied, they are forgotten. */
  readonly locators: Map<string, readonly FakeSalesforceContact[]>;
  /** Records of a batch, where the real one gives no fewer than 200. */
  readonly batchSize: number;
  readonly queries: string[];
}

const CREDENTIALS = `Basic ${Buffer.from('app-id:app-secret').toString('base64')}`;
const TIME = '(\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z)';

/** An org: tokens by client credentials, and queries over contacts in batches. */
export function fakeSalesforce(org: FakeOrg): Vendor {
  return ({ method, url, headers, text }) => {
    if (url.pathname === '/services/oauth2/token') {
      const isGood =
        method === 'POST' &&
        headers.authorization === CREDENTIALS &&
        text === 'grant_type=client_credentials';
      if (!isGood) return { status: 400, body: { error: 'invalid_client' } };
      const token = `token-${org.sessions.size + 1}-${org.queries.length}`;
      org.sessions.add(token);
      return { body: { ...vendorFixture('salesforce/token.json'), access_token: token } };
    }
    if (!org.sessions.has((headers.authorization ?? '').replace('Bearer ', ''))) {
      return { status: 401, body: vendorFixtureList('salesforce/session-expired.json') };
    }
    const locator = /^\/services\/data\/v62\.0\/query\/(\w+-\d+)$/.exec(url.pathname)?.[1];
    if (locator !== undefined) {
      const rest = org.locators.get(locator);
      if (rest !== undefined) return batch(org, rest);
      return { status: 400, body: [{ message: 'gone', errorCode: 'INVALID_QUERY_LOCATOR' }] };
    }
    if (url.pathname !== '/services/data/v62.0/query') return { status: 404, body: {} };
    const query = url.searchParams.get('q') ?? '';
    org.queries.push(query);
    return batch(org, org.contacts.filter(conditionOf(query)).toSorted(byChange));
  };
}

let locatorCount = 0;

function batch({ locators, batchSize }: FakeOrg, found: readonly FakeSalesforceContact[]) {
  const records = found.slice(0, batchSize);
  const rest = found.slice(batchSize);
  if (rest.length === 0) return { body: { totalSize: found.length, done: true, records } };
  locatorCount += 1;
  const locator = `01gxx0000034XYZAAA-${locatorCount}`;
  locators.set(locator, rest);
  const nextRecordsUrl = `/services/data/v62.0/query/${locator}`;
  return { body: { totalSize: found.length, done: false, nextRecordsUrl, records } };
}

function byChange(a: FakeSalesforceContact, b: FakeSalesforceContact): number {
  return Date.parse(a.SystemModstamp) - Date.parse(b.SystemModstamp) || (a.Id < b.Id ? -1 : 1);
}

function conditionOf(query: string): (contact: FakeSalesforceContact) => boolean {
  const parsed =
    /^SELECT ([\w, ]+) FROM Contact( WHERE .+)? ORDER BY SystemModstamp ASC, Id ASC$/.exec(query);
  if (parsed === null) throw new Error(`no query: ${query}`);
  const condition = parsed[2];
  if (condition === undefined) return () => true;
  const since = new RegExp(`^ WHERE SystemModstamp >= ${TIME}$`).exec(condition)?.[1];
  if (since !== undefined) {
    return ({ SystemModstamp }) => Date.parse(SystemModstamp) >= Date.parse(since);
  }
  const behind = new RegExp(
    `^ WHERE SystemModstamp > ${TIME} OR \\(SystemModstamp = ${TIME} AND Id > '(\\w+)'\\)$`,
  ).exec(condition);
  if (behind === null || behind[1] !== behind[2]) throw new Error(`no condition: ${condition}`);
  const [, time = '', , id = ''] = behind;
  return (contact) => {
    const distanceMs = Date.parse(contact.SystemModstamp) - Date.parse(time);
    return distanceMs > 0 || (distanceMs === 0 && contact.Id > id);
  };
}
