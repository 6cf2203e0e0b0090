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

/** The campaign in a page's `search`, or else in its `url`; undefined where there is none. Never throws. */
export function campaignOf(
  page: Readonly<Record<string, unknown>>,
): Record<string, string> | undefined {
  return campaignIn(page.search) ?? campaignIn(page.url);
}

/**
 * The campaign in a query. The first of a repeated parameter counts. A value that may hold an address is
 * left out: it would be decoded here, after the search for addresses in the call's own text. By hand and
 * not by `URLSearchParams`, which costs as much as parsing the whole call.
 */
export function campaignIn(query: unknown): Record<string, string> | undefined {
  if (typeof query !== 'string' || query.length > QUERY_CHARACTERS_MAX) return undefined;
  let campaign: Record<string, string> | undefined;
  for (let at = query.indexOf('utm_'); at >= 0; at = query.indexOf('utm_', at + 1)) {
    const isParameter: boolean = query[at - 1] === '&' || query[at - 1] === '?';
    const equals: number = isParameter ? query.indexOf('=', at) : -1;
    const field = equals < 0 ? undefined : fieldsByParameter.get(query.slice(at, equals));
    if (field === undefined || campaign?.[field] !== undefined) continue;
    const value = decoded(query.slice(equals + 1, endOfValue(query, equals)));
    if (value === '' || mayHoldEmail(value)) continue;
    campaign ??= {};
    campaign[field] = value.slice(0, VALUE_CHARACTERS_MAX);
  }
  return campaign;
}

function endOfValue(query: string, from: number): number {
  for (let at = from; at < query.length; at += 1) {
    if (query[at] === '&' || query[at] === '#') return at;
  }
  return query.length;
}

/** Empty where the encoding is broken. */
function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced.trim();
  try {
    return decodeURIComponent(spaced).trim();
  } catch {
    return '';
  }
}
