import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Problem } from '../ingest/answers.ts';
import type { OperatorRoute } from './operator-route.ts';

/**
 * Answers a request that API Gateway has authorized by IAM.
 * @throws Problem for every answer but the good one.
 */
export async function operateRequest<Services>(
  event: APIGatewayProxyEvent,
  routes: readonly OperatorRoute<Services>[],
  services: Services,
): Promise<APIGatewayProxyResult> {
  const { resource, httpMethod } = event;
  const route = routes.find((one) => one.resource === resource && one.method === httpMethod);
  if (route === undefined) throw new Problem(404, 'No such path; see the operators’ API.');
  const { status, body, page } = await route.handle(
    {
      path: present(event.pathParameters),
      query: present(event.queryStringParameters),
      body: bodyOf(event),
      principal: event.requestContext.identity.userArn ?? 'unknown',
    },
    services,
  );
  return {
    statusCode: status,
    headers: {
      'Content-Type': page === undefined ? 'application/json' : 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
    },
    body: page ?? JSON.stringify(body),
  };
}

function bodyOf({ body, isBase64Encoded }: APIGatewayProxyEvent): unknown {
  if (body === null || body === '') return undefined;
  try {
    return JSON.parse(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString('utf8'));
  } catch {
    throw new Problem(400, 'The body is no JSON; send one JSON object.');
  }
}

function present(
  values: Readonly<Record<string, string | undefined>> | null,
): Record<string, string> {
  const entries = Object.entries(values ?? {});
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
