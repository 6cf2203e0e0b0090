import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import schemas from '../../core/events/event-schemas.json' with { type: 'json' };

/** `GET /v1/schemas` and `GET /v1/schemas/{name}`: the built-in events' JSON Schemas, which are public. */

/** They change with a deployment; the ETag makes asking again cheap. */
const CACHE_CONTROL = 'public, max-age=3600';

const bySlug: ReadonlyMap<string, object> = new Map(Object.entries(schemas));
const list = Object.entries(schemas).map(([slug, { title, family, version, description }]) => ({
  name: title,
  family,
  version,
  description,
  href: `/v1/schemas/${slug}`,
}));

export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const name = event.pathParameters?.name;
  if (name === undefined) return answer(event, 'application/json', { schemas: list });
  const schema = bySlug.get(slugIn(name));
  if (schema !== undefined) return answer(event, 'application/schema+json', schema);
  return {
    statusCode: 404,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
    body: JSON.stringify({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'No built-in event has this name; GET /v1/schemas lists them.',
    }),
  };
}

/** `product-viewed`, `Product Viewed` or its percent-encoded form. */
function slugIn(name: string): string {
  let text = name;
  try {
    text = decodeURIComponent(name);
  } catch {
    // A stray percent sign; no event has one.
  }
  return text.toLowerCase().replaceAll(' ', '-');
}

function answer(
  event: APIGatewayProxyEvent,
  contentType: string,
  document: object,
): APIGatewayProxyResult {
  const body = JSON.stringify(document);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = { ETag: etag, 'Cache-Control': CACHE_CONTROL };
  if (knownTags(event).includes(etag)) return { statusCode: 304, headers, body: '' };
  return { statusCode: 200, headers: { ...headers, 'Content-Type': contentType }, body };
}

function knownTags(event: APIGatewayProxyEvent): string[] {
  // Null, though the type denies it, when a test console sends a request without headers.
  const header = Object.entries(event.headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'if-none-match',
  );
  return (header?.[1] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}
