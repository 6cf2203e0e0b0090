import { mayHoldEmail } from '../email-address.ts';

/** UTM parameters and the fields of Segment's `context.campaign` that they fill. */
const fieldsByParameter: ReadonlyMap<string, string> = new Map([
  ['utm_campaign', 'name'],
  ['utm_source', 'source'],
  ['utm_medium', 'medium'],
  ['utm_term', 'term'],
  ['utm_content', 'content'],
]);

/** Campaigns are names, not payloads. */
const VALUE_CHARACTERS_MAX = 256;
/** Longer than browsers send: what is longer isn't read. */
const QUERY_CHARACTERS_MAX = 8_192;

/**
 * The campaign in a page's `search`, or else in its `url`; undefined where there is none. The first of
 * a repeated parameter counts. A value that may hold an address is left out: it would be decoded here,
 * after the search for addresses in the call's own text. Never throws.
 */
export function campaignOf(
  page: Readonly<Record<string, unknown>>,
): Record<string, string> | undefined {
  const query = queryWithCampaign(page.search) ?? queryWithCampaign(page.url);
  if (query === undefined) return undefined;
  const campaign: Record<string, string> = {};
  for (const [parameter, value] of new URLSearchParams(query)) {
    const field = fieldsByParameter.get(parameter);
    if (field === undefined || field in campaign || mayHoldEmail(value)) continue;
    const text = value.trim().slice(0, VALUE_CHARACTERS_MAX);
    if (text !== '') campaign[field] = text;
  }
  return Object.keys(campaign).length === 0 ? undefined : campaign;
}

function queryWithCampaign(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.includes('utm_')) return undefined;
  const start = value.indexOf('?');
  const end = value.indexOf('#');
  const query = value.slice(start + 1, end < 0 ? undefined : end);
  return start >= 0 && query.includes('utm_') && query.length <= QUERY_CHARACTERS_MAX
    ? query
    : undefined;
}
