import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { coldStart, get, handler, metric, output, recommend, stores } from './serving-function.ts';
import type { Mood } from './serving-stores.ts';

describe('with broken stores', () => {
  const moods: Mood[] = ['refuse', 'hang', 'throttle', 'error'];
  const parts = ['dynamodb', 's3', 'secrets'] as const;
  const cases = parts.flatMap((store) => moods.map((mood) => [store, mood] as const));

  it.each(cases)(
    '%s that would %s from the start leaves every answer full',
    async (store, mood) => {
      stores.moods[store] = mood;
      await coldStart();
      for (const placement of ['for-you', 'recently-viewed', 'popular']) {
        await recommend(placement, { customer: 'ada', limit: '5' });
      }
      const html = await get('/v1/blocks/for-you.html', { customer: 'ada' });
      expect(html.statusCode).toBe(200);
      expect(html.body).toContain('<table');
      expect(output.join()).not.toContain('"ada"');
    },
  );

  it.each(moods)(
    'DynamoDB that begins to %s leaves the model in memory to answer',
    async (mood) => {
      expect((await recommend('for-you', { customer: 'ada' })).source).toBe('personal');
      stores.moods.dynamodb = mood;
      const during = await recommend('for-you', { customer: 'ada' });
      expect(during.source).toBe('trending');
      expect(during.reason).toContain('could not be looked up in time');
      expect(metric('FallbackServed')).toEqual([0, 1]);
      stores.moods.dynamodb = 'well';
      expect((await recommend('for-you', { customer: 'ada' })).source).toBe('personal');
    },
  );

  it('a damaged model is counted, and the ladder goes on without it', async () => {
    const key = '/models/models/2026-11-23T02:00:00Z-3f9a/model.bin';
    stores.objects.set(
      key,
      (stores.objects.get(key) ?? new Uint8Array()).map((byte) => byte ^ 1),
    );
    await coldStart();
    const answer = await recommend('for-you', { customer: 'ada' });
    expect(answer.source).toBe('recent');
    expect(answer.items[0]?.item_id).toBe('item-5');
    expect(answer.model).toBe('');
    expect(metric('ModelLoadFailed')).toEqual([1]);
  });

  it('a pointer to a model that is not there is counted as well', async () => {
    stores.objects.clear();
    await coldStart();
    expect((await recommend('popular')).source).toBe('static');
    expect(metric('ModelLoadFailed')).toEqual([1]);
  });

  it('a request that nobody foresaw gets static content', async () => {
    const requestContext = {
      path: '/v1/recommendations/for-you',
    } as APIGatewayProxyEvent['requestContext'];
    const event = { requestContext, headers: {} };
    Object.defineProperty(event, 'queryStringParameters', {
      get: () => {
        if (new Error().stack?.includes('route') === true) throw new TypeError('ada@mail.example');
        return null;
      },
    });
    const response = await handler(event as APIGatewayProxyEvent, {} as Context);
    expect(response.statusCode).toBe(200);
    expect(JSON.parse(response.body)).toMatchObject({ source: 'static' });
    expect(JSON.parse(response.body).items).toHaveLength(12);
    expect(output.join()).not.toContain('mail.example');
    expect(metric('FallbackServed')).toEqual([1]);
  });
});
