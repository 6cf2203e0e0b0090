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

/**
 * By an expression and not by `new URL`, which costs as much as validating the whole call; user and
 * password in an address are left out.
 */
const WEB_ADDRESS =
  /^(https?):\/\/(?:[^/?#@]*@)?([a-z0-9.-]{1,253})(:\d{1,5})?(\/[^?#]*)?(?:[?#]|$)/i;

function hostAndUrl(value: unknown): { host: string; url: string } | undefined {
  if (typeof value !== 'string' || value.length > URL_CHARACTERS_MAX) return undefined;
  const match = WEB_ADDRESS.exec(value);
  if (match === null) return undefined;
  const [, scheme = '', name = '', port = '', path = '/'] = match;
  const host = name.toLowerCase();
  return { host, url: `${scheme.toLowerCase()}://${host}${port}${path}` };
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
