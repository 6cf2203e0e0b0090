import type { APIGatewayProxyEvent } from 'aws-lambda';
import { chunksOf } from '../../adapters/kinesis/event-stream.ts';
import { propertiesCheck } from '../../core/events/registered-schema.ts';
import { sourceDocument } from '../../core/events/source.ts';
import type { Collector } from '../../lambdas/ingest/collect-request.ts';

/** Everything of the collector but the network: the stream encodes what it would send, and drops it. */
export function collectorInMemory(): Collector {
  return {
    stream: {
      put: async (records) => {
        for (const chunk of chunksOf(records)) {
          for (const { data } of chunk) encodedBytes += data.length;
        }
      },
    },
    quarantine: { keep: async () => undefined },
    sources: { find: async () => SOURCE, byId: async () => SOURCE },
    identitySecret: async () => SECRET,
    count: () => undefined,
    schemas: { checkFor: async () => propertiesCheck(new Map(), 'lenient') },
    onPixelLost: () => undefined,
    rate: { admit: async () => ({ kind: 'admitted' }) },
  };
}

const SOURCE = sourceDocument.parse({ sourceId: 'website' });
const SECRET = 's'.repeat(64);
/** Kept, so that the encoding is no dead code. */
export let encodedBytes = 0;

/** A request as API Gateway hands it over: the body in base64, with a browser's headers. */
export function requestOf(body: Buffer): APIGatewayProxyEvent {
  const event: Partial<APIGatewayProxyEvent> = {
    requestContext: {
      path: '/v1/batch',
      identity: { sourceIp: '203.0.113.7' },
    } as APIGatewayProxyEvent['requestContext'],
    httpMethod: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from('key:').toString('base64')}`,
      'Content-Type': 'text/plain',
      Origin: 'https://shop.example',
      'User-Agent':
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Accept-Language': 'en-GB,en;q=0.9',
    },
    queryStringParameters: null,
    isBase64Encoded: true,
    body: body.toString('base64'),
  };
  return event as APIGatewayProxyEvent;
}
