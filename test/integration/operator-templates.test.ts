import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { templateDocuments } from '../../adapters/dynamodb/block-templates.ts';
import { blockTemplate } from '../../core/blocks/block-template.ts';
import { templateSamples } from '../../core/blocks/template-samples.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { BlockTemplates } from '../../lambdas/api/block-templates.ts';
import { operateRequest } from '../../lambdas/api/operate-request.ts';
import { operatorRoutes } from '../../lambdas/api/operator-routes.ts';
import { Problem } from '../../lambdas/ingest/answers.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

let services: CollectorServices;
let dynamoDb: DynamoDBClient;
beforeAll(async () => {
  services = await startCollectorServices('default-key');
  dynamoDb = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: services.variables.AWS_ENDPOINT_URL_DYNAMODB ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(() => services.stop());

async function ask(httpMethod: string, templateId?: string, body?: object) {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod,
    resource: templateId === undefined ? '/templates' : '/templates/{templateId}',
    pathParameters: templateId === undefined ? null : { templateId },
    queryStringParameters: null,
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { identity: {} } as APIGatewayProxyEvent['requestContext'],
  };
  try {
    const answer = await operateRequest(event as APIGatewayProxyEvent, operatorRoutes, {
      dynamoDb,
      s3: new S3Client({}),
      sfn: new SFNClient({}),
      setting: () => 'config',
      nowMs: Date.now,
    });
    return { status: answer.statusCode, body: JSON.parse(answer.body) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: error.status, body: { detail: error.detail, issues: error.issues } };
  }
}

describe('the operators’ templates', () => {
  it('begin with the bundled one, which nobody replaces', async () => {
    expect((await ask('GET')).body.templates).toEqual([
      { templateId: 'product-grid', version: 1, isBundled: true, isUsable: true },
    ]);
    const { body } = await ask('GET', 'product-grid');
    expect(blockTemplate.parse(body)).toEqual(productGrid);
    const { version, liquid } = productGrid;
    expect((await ask('PUT', 'product-grid', { version: version + 1, liquid })).status).toBe(409);
  });

  it('are kept version by version, and answered with', async () => {
    const first = { version: 1, liquid: '<p>{{ heading }}, one</p>' };
    expect((await ask('PUT', 'shop', first)).status).toBe(200);
    expect((await ask('PUT', 'shop', first)).status).toBe(409);
    const second = { version: 2, liquid: '<p>{{ heading }}, two</p>' };
    expect((await ask('PUT', 'shop', second)).status).toBe(200);
    expect((await ask('PUT', 'shop', { ...second, version: 9 })).status).toBe(409);
    expect((await ask('GET', 'shop')).body).toMatchObject({ templateId: 'shop', ...second });

    const documents = templateDocuments(dynamoDb, 'config');
    const templates = new BlockTemplates(
      () => documents.list(),
      () => {},
    );
    await templates.ready();
    const [sample] = templateSamples;
    if (sample === undefined) throw new Error('there are no samples');
    const html = templates.render(sample.recommendation, sample.options, 'shop');
    expect(html).toBe('<p>Picked for you, two</p>');
  });

  it('are refused with what is wrong, and then nothing is written', async () => {
    const { status, body } = await ask('PUT', 'bad', { version: 1, liquid: '<script></script>' });
    expect(status).toBe(400);
    expect(body.issues[0]).toMatchObject({
      path: 'liquid',
      message: expect.stringContaining('<script> is not for emails'),
    });
    expect((await ask('GET', 'bad')).status).toBe(404);
    expect((await ask('PUT', 'Bad Name', { version: 1, liquid: 'x' })).status).toBe(400);
    expect((await ask('PUT', 'bad', { version: 0, liquid: 'x' })).status).toBe(400);
    expect((await ask('PUT', 'bad', { version: 1, liquid: 'x', colour: 1 })).status).toBe(400);
    expect((await ask('PUT', 'bad', { version: 1, liquid: 'x'.repeat(64_001) })).status).toBe(400);
  });

  it('that were stored by other ways and are none hide no others', async () => {
    await services.putConfig('template', 'odd', { liquid: 7 });
    expect((await ask('GET', 'odd')).status).toBe(409);
    expect((await ask('GET')).body.templates).toContainEqual({
      templateId: 'odd',
      version: null,
      isBundled: false,
      isUsable: false,
    });
    expect((await ask('GET', 'shop')).status).toBe(200);
  });
});
