import { type LookupAddress, type LookupAllOptions, lookup as lookupByName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { SourceRefusedError } from './connector.ts';

/**
 * Whether an address belongs to the public internet. Only `unicast` does: private, loopback,
 * link-local (with the metadata service), carrier-grade NAT, multicast, unspecified and reserved
 * ranges do not, nor do the IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4, Teredo),
 * which could carry a private one.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  // IPv6 gives out global addresses from 2000::/3 alone; the rest (`::1.2.3.4`, fec0::/10) is no one's.
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6);
}

const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Where machines of AWS ask for their own credentials: no source is there, whatever is allowed. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
]);

/** Whether the rules let a connection go to the address. */
function isAllowed(address: string, { allowPrivateAddresses }: EgressRules): boolean {
  if (!allowPrivateAddresses) return isPublicAddress(address);
  if (!ipaddr.isValid(address)) return false;
  // In one notation, and as IPv4 where it is one in disguise.
  return !METADATA_ADDRESSES.has(ipaddr.process(address).toString());
}

export interface EgressRules {
  /** For systems inside the own network: plain http and private addresses are let through. */
  readonly allowPrivateAddresses: boolean;
}

/**
 * The URL, if it may be asked at all. URL parsing writes IPv4 literals of every notation (octal,
 * hexadecimal, one number) as four decimals, so what is checked here is what is connected to.
 * Names are checked by `guardedLookup`, where the connection is made.
 * @throws SourceRefusedError for anything else; the URL is not repeated, it may hold a secret.
 */
export function checkedUrl(text: string, rules: EgressRules): URL {
  const { allowPrivateAddresses } = rules;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new SourceRefusedError('The URL is no absolute URL: correct it.');
  if (url.username !== '' || url.password !== '') {
    throw new SourceRefusedError('The URL holds credentials: put them into the source’s secrets.');
  }
  const isAllowedScheme =
    url.protocol === 'https:' || (allowPrivateAddresses && url.protocol === 'http:');
  if (!isAllowedScheme) throw new SourceRefusedError('The URL is not https: use https.');
  const literal = url.hostname.replace(/^\[|\]$/gu, '');
  if (ipaddr.isValid(literal) && !isAllowed(literal, rules)) throw refusedAddress();
  return url;
}

type LookupOfAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Looks a name up for the connection itself and hands on only addresses that were checked: a name
 * that answers differently a second time (DNS rebinding) gains nothing. One private address among
 * public ones refuses them all.
 */
export function guardedLookup(
  rules: EgressRules,
  lookup: LookupOfAll = lookupByName,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const isRefused = !addresses.every(({ address }) => isAllowed(address, rules));
      if (isRefused) return callback(refusedAddress(), '', 0);
      const first = addresses[0];
      if (first === undefined) return callback(new Error('a name has no address'), '', 0);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(): SourceRefusedError {
  return new SourceRefusedError(
    'The host has an address that is not public: set allowPrivateAddresses if the source may use it.',
  );
}
