import { describe, expect, it } from 'vitest';
import { handler } from '../../lambdas/api/schemas.ts';
import { proxyEvent } from '../support/collector.ts';

const get = (name?: string, headers: Record<string, string> = {}) =>
  handler({
    ...proxyEvent('/v1/schemas', '', { method: 'GET', headers }),
    pathParameters: name === undefined ? null : { name },
  });

describe('GET /v1/schemas', () => {
  it('lists every built-in event with its version', async () => {
    const { statusCode, body } = await get();
    expect(statusCode).toBe(200);
    const { schemas } = JSON.parse(body);
    // Of the e-commerce spec, of the email spec, and our own.
    expect(schemas).toHaveLength(28 + 6 + 8);
    expect(schemas).toContainEqual({
      name: 'Product Viewed',
      family: 'commerce',
      version: 1,
      description: 'A customer looked at a product.',
      href: '/v1/schemas/product-viewed',
    });
  });

  it.each(['product-viewed', 'Product Viewed', 'Product%20Viewed'])(
    'shows one by its name: %s',
    async (name) => {
      const { statusCode, headers, body } = await get(name);
      expect([statusCode, headers?.['Content-Type']]).toEqual([200, 'application/schema+json']);
      expect(JSON.parse(body)).toMatchObject({
        $id: 'urn:kindred:event:product-viewed:1',
        required: ['product_id'],
        examples: [{ product_id: expect.any(String) }],
      });
    },
  );

  it('answers 304 to whoever has it already', async () => {
    const etag = String((await get('product-viewed')).headers?.ETag);
    const answer = await get('product-viewed', { 'If-None-Match': `"other", W/${etag}` });
    expect([answer.statusCode, answer.body]).toEqual([304, '']);
  });

  it.each(['quiz-finished', 'constructor', '%'])('knows no %s', async (name) => {
    expect((await get(name)).statusCode).toBe(404);
  });
});
