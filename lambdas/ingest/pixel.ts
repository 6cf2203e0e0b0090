import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { eventType } from '../../core/events/event.ts';
import { isJsonObject } from '../../core/events/json-value.ts';

/** The smallest transparent GIF that every mail program shows: 43 bytes. */
const TRANSPARENT_GIF = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

/** Whatever became of the call: a broken image would be seen by the reader, who can do nothing. */
export function pixelAnswer(): APIGatewayProxyResult {
  return {
    statusCode: 200,
    headers: {
      'Content-Type': 'image/gif',
      // Each showing is an event of its own; neither browsers nor mail proxies may keep the image.
      'Cache-Control': 'no-store, no-cache, must-revalidate, private, max-age=0',
      Pragma: 'no-cache',
    },
    body: TRANSPARENT_GIF,
    isBase64Encoded: true,
  };
}

/**
 * The call in a pixel's `data`, base64 or base64url of JSON. What isn't that comes back as the text it is,
 * for validation to refuse and quarantine to keep.
 */
export function pixelCall(event: APIGatewayProxyEvent): { call: unknown; text: string } {
  // A `+` that wasn't escaped arrives as a space.
  const data = (event.queryStringParameters?.data ?? '').replaceAll(' ', '+');
  const bytes = Buffer.from(data, 'base64');
  // Bytes that are no text could hide an address from the search for them, so they are not kept.
  const text = isUtf8(bytes) ? bytes.toString('utf8') : '(not UTF-8)';
  try {
    const call: unknown = JSON.parse(text);
    return { call: isJsonObject(call) ? withType(call) : call, text };
  } catch {
    return { call: text, text };
  }
}

/** Segment's pixels name the type in their path; ours may say it, and are `track` calls otherwise. */
function withType(call: Record<string, unknown>): Record<string, unknown> {
  return eventType.safeParse(call.type).success ? call : { ...call, type: call.type ?? 'track' };
}
