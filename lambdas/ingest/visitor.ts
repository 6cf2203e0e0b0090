import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Visitor } from '../../core/events/context/enrich-context.ts';
import { localeOf } from '../../core/events/context/locale.ts';
import { networkOf } from '../../core/events/context/truncate-ip.ts';

/** As `user-agent.ts` reads at most, twice over: what is longer says nothing of a customer. */
const USER_AGENT_CHARACTERS_MAX = 1_024;

/**
 * What a request says of the customer who made it. Only browsers send `Origin` or `Sec-Fetch-Site`
 * from where the customer is; any other request may be a server's, whose user agent, address and
 * language are not the customer's: it says nothing. (Node's `fetch` sends `Sec-Fetch-Mode`, and no more.)
 */
export function visitorOf(event: APIGatewayProxyEvent): Visitor | undefined {
  const headers = new Map(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value ?? '']),
  );
  if (!headers.has('origin') && !headers.has('sec-fetch-site')) return undefined;
  const userAgent = headers.get('user-agent');
  const locale = localeOf(headers.get('accept-language'));
  // Behind a distribution API Gateway sees the distribution's address, and this header the viewer's.
  const ip = headers.get('cloudfront-viewer-address') ?? event.requestContext.identity?.sourceIp;
  const network = ip === undefined || ip === null ? undefined : networkOf(ip);
  const location = locationOf(headers);
  return {
    isPrefetch: isPrefetch(headers),
    ...(network !== undefined && { network }),
    context: {
      ...(userAgent && userAgent.length <= USER_AGENT_CHARACTERS_MAX && { userAgent }),
      ...(locale !== undefined && { locale }),
      ...(network !== undefined && { ip: network }),
      ...(location !== undefined && { location }),
    },
  };
}

/** Country and region and nothing finer: a town with a device and a time tells one person from others. */
function locationOf(headers: ReadonlyMap<string, string>): object | undefined {
  const country = headers.get('cloudfront-viewer-country');
  if (country === undefined || !/^[A-Z]{2}$/.test(country)) return undefined;
  const region = headers.get('cloudfront-viewer-country-region');
  return {
    country,
    ...(region !== undefined && /^[A-Z0-9]{1,3}$/.test(region) && { region }),
  };
}

/** Chromium says it as `Sec-Purpose`, Safari and Firefox as `X-Purpose`, `X-Moz` or `Purpose`. */
function isPrefetch(headers: ReadonlyMap<string, string>): boolean {
  const names = ['sec-purpose', 'x-purpose', 'purpose', 'x-moz'];
  return names.some((name) => /\b(?:prefetch|preview|prerender)\b/i.test(headers.get(name) ?? ''));
}
