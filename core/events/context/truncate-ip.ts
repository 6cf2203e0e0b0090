/**
 * Cuts addresses to the network that they are of: IPv4 to /24, IPv6 to /48, so that they tell a place
 * and a provider but no household.
 */

const GROUPS_OF_IPV6 = 8;

const IPV4 = /(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?![\d.])/g;
/** Two colons at least, and an IPv4 address behind them at most. */
const IPV6 = /[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:\d{0,3}(?:\.\d{1,3}){3})?/gi;

/** Names under which senders put addresses, in any field of a call; case and separators aside. */
const NAMED =
  /"((?:client|remote|user|customer|source|last|signup|registration|opt_?in|opt-in)?[_-]?ip(?:v4|v6)?(?:[_-]?addr(?:ess)?)?|remote_?addr|x-forwarded-for)":"((?:[^"\\]|\\.)*)"/gi;

/** Cheap, as it ignores case by hand, and true too often rather than too rarely. */
const MAY_BE_NAMED =
  /(?:[iI][pP](?:[vV][46])?(?:[_-]?[aA][dD][dD][rR](?:[eE][sS][sS])?)?|[eE]_?[aA][dD][dD][rR]|[dD]-[fF][oO][rR])":"/g;

/** A text with every address in it cut. */
export function withTruncatedIps(text: string): string {
  return text.replace(IPV6, truncatedIpv6).replace(IPV4, '$1.0');
}

/** The network of one address, with or without a port behind it; undefined where it is none. */
export function networkOf(address: string): string | undefined {
  const cut = withTruncatedIps(address.replace(/^\[|\](?::\d+)?$/g, ''));
  return /^(?:\d{1,3}\.){3}0(?=:|$)|^[0-9a-f:]*::$/i.exec(cut)?.[0];
}

/**
 * JSON text in which the address in every field that is named as one is cut, at any depth. Works on
 * the text that `JSON.stringify` writes, because one native search costs less than a walk: a quote
 * inside of a value is escaped there, so what matches is a field. `cut` is an address that the
 * collector put in itself, cut already: an event without another is not searched any further.
 */
export function withNamedIpsTruncated(json: string, cut?: string): string {
  if (!mayNameAnother(json, cut)) return json;
  return json.replace(NAMED, (_all, name: string, value: string) => {
    return `"${name}":"${withTruncatedIps(value)}"`;
  });
}

/** Whether a field's name may say that an address is in it. */
export function mayBeNamedAsIp(name: string): boolean {
  return mayNameAnother(`"${name}":"`, undefined);
}

function mayNameAnother(json: string, cut: string | undefined): boolean {
  MAY_BE_NAMED.lastIndex = 0;
  while (MAY_BE_NAMED.test(json)) {
    const at = MAY_BE_NAMED.lastIndex;
    if (cut === undefined || !json.startsWith(cut, at) || json[at + cut.length] !== '"') {
      return true;
    }
  }
  return false;
}

/** Coarser than /48 where zeros are left out before the third group. */
function truncatedIpv6(text: string): string {
  const ipv4 = /\d{1,3}(?:\.\d{1,3}){3}$/.exec(text)?.[0];
  // Written inside of IPv6, it is the IPv4 address that tells the customer.
  if (ipv4 !== undefined) return ipv4;
  const [head = '', tail] = text.split('::');
  const groups = head === '' ? [] : head.split(':');
  // A time of day, not an address.
  if (tail === undefined && groups.length < GROUPS_OF_IPV6) return text;
  return `${groups.slice(0, 3).join(':')}::`;
}
