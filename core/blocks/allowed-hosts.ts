import * as z from 'zod';

/** A host's name, or `*.` and one for every host below it. */
export const hostPattern = z
  .string()
  .max(253)
  .regex(/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, {
    error: 'must be a host such as shop.example, or *.shop.example for those below it',
  });

/**
 * Whether a redirect may lead to this address: over the web, to one of the hosts, at a usual port, and
 * without a user name, behind which a reader would take another host for this one.
 */
export function isAllowedAddress(address: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password } = new URL(address);
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  if (port !== '' || username !== '' || password !== '') return false;
  return hosts.some((host) =>
    host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host,
  );
}
