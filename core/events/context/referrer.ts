/** Longer than browsers send: what is longer isn't read. */
const URL_CHARACTERS_MAX = 4_096;

/** Second-level names of sites whose links are searches or posts, under any country's ending. */
const searchNames = new Set(['google', 'bing', 'duckduckgo', 'yahoo', 'ecosia', 'baidu', 'yandex']);
const socialNames = new Set([
  'facebook',
  'instagram',
  'pinterest',
  'tiktok',
  'twitter',
  'linkedin',
]);
const socialHosts = new Set(['t.co', 'x.com', 'lnkd.in', 'youtu.be', 'reddit.com', 'youtube.com']);

/**
 * Where a page's visitor came from, as Segment's `context.referrer` {type, name, url}: the name is the
 * host, and the address goes without its query and fragment, which are other sites' own and may name
 * people. Undefined where `page.referrer` is no web address. Never throws.
 */
export function referrerOf(
  page: Readonly<Record<string, unknown>>,
): Record<string, string> | undefined {
  const from = hostAndUrl(page.referrer);
  if (from === undefined) return undefined;
  const isInternal = hostAndUrl(page.url)?.host === from.host;
  return { type: isInternal ? 'internal' : typeOf(from.host), name: from.host, url: from.url };
}

/** A host and its port; user and password before it are left out. */
const AUTHORITY = /^(?:[^@]*@)?([a-z0-9.-]{1,253})(:\d{1,5})?$/i;

/** By hand and not by `new URL`, which costs as much as parsing the whole call. */
function hostAndUrl(value: unknown): { host: string; url: string } | undefined {
  if (typeof value !== 'string' || value.length > URL_CHARACTERS_MAX) return undefined;
  const scheme = ['https://', 'http://'].find((each) => value.startsWith(each));
  if (scheme === undefined) return undefined;
  const pathAt = endOf(value, scheme.length, true);
  const match = AUTHORITY.exec(value.slice(scheme.length, pathAt));
  if (match === null) return undefined;
  const [, name = '', port = ''] = match;
  const host = name.toLowerCase();
  const path = value.slice(pathAt, endOf(value, pathAt, false));
  return { host, url: `${scheme}${host}${port}${path || '/'}` };
}

/** Where a query or a fragment begins, or with `orPath` a path; else the end. */
function endOf(url: string, from: number, orPath: boolean): number {
  for (let at = from; at < url.length; at += 1) {
    const character = url[at];
    if (character === '?' || character === '#' || (orPath && character === '/')) return at;
  }
  return url.length;
}

function typeOf(host: string): 'search' | 'social' | 'referral' {
  const bare = host.startsWith('www.') ? host.slice(4) : host;
  if (socialHosts.has(bare)) return 'social';
  for (const label of bare.split('.').slice(0, -1)) {
    if (searchNames.has(label)) return 'search';
    if (socialNames.has(label)) return 'social';
  }
  return 'referral';
}
