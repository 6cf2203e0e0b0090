import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

/** With the stage, as it was asked for; `event.path` leaves the stage out. */
export function pathOf(event: APIGatewayProxyEvent): string {
  return event.requestContext.path;
}

/** Only reachable when the template routes a path to a function that it shouldn't. */
export function notFound(detail: string): APIGatewayProxyResult {
  return {
    statusCode: 404,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: 'Not found', status: 404, detail }),
  };
}
