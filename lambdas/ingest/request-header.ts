import type { APIGatewayProxyEvent } from 'aws-lambda';

/** A header of the request, whatever the case of its name; API Gateway keeps the sender's. */
export function requestHeader(event: APIGatewayProxyEvent, name: string): string | undefined {
  // Null, though the type denies it, when a test console sends a request without headers.
  for (const [key, value] of Object.entries(event.headers ?? {})) {
    if (key.toLowerCase() === name) return value;
  }
  return undefined;
}
