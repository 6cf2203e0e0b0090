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
  return new ReferrerReadings().of(page);
}

/** As `referrerOf`; remembers the last page's addresses, which the next page of a visit has too. */
export class ReferrerReadings {
  #text: unknown;
  #from: WebAddress | undefined;
  #type: 'search' | 'social' | 'referral' = 'referral';
  /** Scheme, host and the slash behind them, of the last page's own address. */
  #origin = '';
  #host: string | undefined;

  of({ referrer, url }: Readonly<Record<string, unknown>>): Record<string, string> | undefined {
    if (referrer !== this.#text) {
      this.#text = referrer;
      this.#from = addressOf(referrer);
      this.#type = this.#from === undefined ? 'referral' : typeOf(this.#from.host);
    }
    const from = this.#from;
    if (from === undefined) return undefined;
    const type = this.#hostOf(url) === from.host ? 'internal' : this.#type;
    return { type, name: from.host, url: from.url };
  }

  #hostOf(url: unknown): string | undefined {
    if (typeof url !== 'string' || url.length > URL_CHARACTERS_MAX) return undefined;
    if (this.#host !== undefined && url.startsWith(this.#origin)) return this.#host;
    const address = addressOf(url);
    this.#host = address?.host;
    this.#origin = address === undefined ? '' : `${address.scheme}${address.host}/`;
    return this.#host;
  }
}

interface WebAddress {
  readonly scheme: string;
  readonly host: string;
  readonly url: string;
}

/** A host and its port; user and password before it are left out. */
const AUTHORITY = /^(?:[^@]*@)?([a-z0-9.-]{1,253})(:\d{1,5})?$/i;

/** By hand and not by `new URL`, which costs as much as parsing the whole call. */
function addressOf(value: unknown): WebAddress | undefined {
  if (typeof value !== 'string' || value.length > URL_CHARACTERS_MAX) return undefined;
  const scheme = ['https://', 'http://'].find((each) => value.startsWith(each));
  if (scheme === undefined) return undefined;
  const pathAt = endOf(value, scheme.length, true);
  const match = AUTHORITY.exec(value.slice(scheme.length, pathAt));
  if (match === null) return undefined;
  const [, name = '', port = ''] = match;
  const host = name.toLowerCase();
  const path = value.slice(pathAt, endOf(value, pathAt, false));
  return { scheme, host, url: `${scheme}${host}${port}${path || '/'}` };
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
