import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { SourceDocument } from '../../core/events/source.ts';
import { requestHeader } from './request-header.ts';

/** As long as a source's document is remembered: what changes there is known everywhere within two minutes. */
const FRESH_S = 60;

/**
 * What `@segment/analytics-next` loads from `<cdnURL>/v1/projects/<key>/settings` before it sends. Without
 * `apiHost` and `protocol` it would send to Segment; without a sample rate it would report its own metrics
 * there. Other integrations would be loaded from Segment's CDN, so there are none.
 */
export function segmentSettings(
  event: APIGatewayProxyEvent,
  writeKey: string,
): APIGatewayProxyResult {
  const protocol = requestHeader(event, 'x-forwarded-proto') === 'http' ? 'http' : 'https';
  const apiHost = `${requestHeader(event, 'host') ?? event.requestContext.domainName}/v1`;
  return settings({
    integrations: { 'Segment.io': { apiKey: writeKey, apiHost, protocol } },
    metrics: { sampleRate: 0, host: apiHost, protocol },
    legacyVideoPluginsEnabled: false,
    middlewareSettings: {},
    enabledMiddleware: {},
    remotePlugins: [],
    edgeFunction: {},
  });
}

/**
 * What `@rudderstack/analytics-js` loads from its `configUrl`. It takes the address to send to from its
 * `load` call; its own error and metric reports go nowhere.
 */
export function rudderStackConfig(
  { sourceId }: SourceDocument,
  writeKey: string,
): APIGatewayProxyResult {
  return settings({
    source: {
      id: sourceId,
      name: sourceId,
      writeKey,
      enabled: true,
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      destinations: [],
      connections: [],
    },
  });
}

function settings(document: object): APIGatewayProxyResult {
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': `private, max-age=${FRESH_S}` },
    body: JSON.stringify(document),
  };
}
