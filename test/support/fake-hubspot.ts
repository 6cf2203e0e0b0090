import * as z from 'zod';
import type { Vendor } from './vendor-api-server.ts';

export const HUBSPOT_TOKEN = 'pat-eu1-0123';
const QUERY_RECORDS_MAX = 10_000;

export interface FakeContact extends Record<string, unknown> {
  id: string;
  properties: Record<string, string | null>;
}

const request = z.strictObject({
  filterGroups: z
    .array(
      z.strictObject({
        filters: z.array(
          z.strictObject({
            propertyName: z.string(),
            operator: z.enum(['GTE', 'LTE', 'GT']),
            value: z.string(),
          }),
        ),
      }),
    )
    .max(1),
  sorts: z.tuple([z.strictObject({ propertyName: z.string(), direction: z.literal('ASCENDING') })]),
  properties: z.array(z.string()),
  limit: z.number().max(200),
  after: z.string().optional(),
});

/** The search of contacts, with its cap on the results of one query. */
export function fakeHubspot(contacts: readonly FakeContact[]): Vendor {
  return ({ method, url, headers, text }) => {
    if (headers.authorization !== `Bearer ${HUBSPOT_TOKEN}`) return { status: 401, body: {} };
    if (method !== 'POST' || url.pathname !== '/crm/v3/objects/contacts/search') {
      return { status: 404, body: {} };
    }
    const { filterGroups, sorts, properties, limit, after } = request.parse(JSON.parse(text));
    const begin = Number(after ?? 0);
    if (begin + limit > QUERY_RECORDS_MAX) return { status: 400, body: { status: 'error' } };
    const filters = filterGroups[0]?.filters ?? [];
    const found = contacts
      .filter((contact) => filters.every((each) => holds(each, contact)))
      .toSorted((a, b) => numberOf(a, sorts[0].propertyName) - numberOf(b, sorts[0].propertyName));
    const results = found.slice(begin, begin + limit).map((contact) => ({
      ...contact,
      properties: Object.fromEntries(
        properties.map((name) => [name, contact.properties[name] ?? null]),
      ),
    }));
    const end = begin + limit;
    const paging = end < found.length ? { paging: { next: { after: String(end) } } } : {};
    return { body: { total: found.length, results, ...paging } };
  };
}

function holds(
  { propertyName, operator, value }: { propertyName: string; operator: string; value: string },
  contact: FakeContact,
): boolean {
  const own = numberOf(contact, propertyName);
  if (operator === 'GT') return own > Number(value);
  return operator === 'GTE' ? own >= Number(value) : own <= Number(value);
}

function numberOf({ properties }: FakeContact, name: string): number {
  const text = properties[name] ?? '';
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
