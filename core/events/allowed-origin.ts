import * as z from 'zod';

/**
 * An origin as browsers state it, in lower case: scheme, host, port, nothing else (RFC 6454). Apps in a
 * web view have schemes of their own.
 */
const ORIGIN = /^[a-z][a-z0-9+.-]{0,31}:\/\/(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:\d{1,5})?$/;
/** What a sandboxed frame and a local file state. */
const OPAQUE_ORIGIN = 'null';

/** Is this the value that a browser puts into `Origin`? */
export function isOrigin(text: string): boolean {
  return text === OPAQUE_ORIGIN || ORIGIN.test(text.toLowerCase());
}

/** An entry of `allowedOrigins`: an origin, or one whose host begins with `*.` for all below a domain. */
export const originPattern = z.string().refine((text) => ORIGIN.test(text.replace('//*.', '//')), {
  message:
    'expected a scheme and a host in lower case without a path, e.g. "https://shop.example" or "https://*.shop.example"',
});

/** May a page of this origin send with a key whose source allows `patterns`? Without patterns any may. */
export function isOriginAllowed(origin: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined) return true;
  const stated = origin.toLowerCase();
  return isOrigin(stated) && patterns.some((pattern) => matches(stated, pattern));
}

function matches(origin: string, pattern: string): boolean {
  const [scheme = '', host = ''] = pattern.split('://*');
  // `host` begins with the dot, so that `https://*.shop.example` takes neither the bare domain nor another's.
  if (host === '') return origin === pattern;
  return origin.startsWith(`${scheme}://`) && origin.endsWith(host);
}
