/** The preview's function over the stores of the serving functions, for tests; both start cold before each. */

import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { beforeEach, expect, vi } from 'vitest';
import { coldItem, hotItem } from '../../adapters/dynamodb/profile-item.ts';
import { type Preview, preview } from '../../core/blocks/preview.ts';
import { splitProfile } from '../../core/profile/hot-cold.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { encodeHot } from '../../core/profile/stored-profile.ts';
import { NOW_MS } from '../unit/small-shop.ts';
import { type Handler, stores } from './serving-function.ts';

let previewHandler: Handler;

beforeEach(() => startPreview());

/** A process of its own: nothing is remembered from before. */
export async function startPreview(): Promise<void> {
  vi.resetModules();
  const module: { handler: unknown } = await import('../../lambdas/api/preview.ts');
  previewHandler = module.handler as Handler;
}

export async function askPreview(placement: string, query: Record<string, string> = {}) {
  const event: Partial<APIGatewayProxyEvent> = {
    httpMethod: 'GET',
    resource: '/placements/{id}/preview',
    pathParameters: { id: placement },
    queryStringParameters: query,
    body: null,
    requestContext: { identity: {} } as APIGatewayProxyEvent['requestContext'],
  };
  const answer = await previewHandler(
    event as APIGatewayProxyEvent,
    { functionName: 'preview' } as Context,
  );
  return { status: answer.statusCode, text: answer.body };
}

/** A preview, held to its form. */
export async function previewOf(
  placement: string,
  query: Record<string, string> = {},
): Promise<Preview> {
  const { status, text } = await askPreview(placement, query);
  expect(status, text).toBe(200);
  const document = JSON.parse(text);
  expect(preview.strict().parse(document)).toEqual(document);
  return document;
}

/** A profile with any of its parts, in today's form. */
export function putWholeProfile(profileId: string, changes: Partial<Profile>): void {
  const { hot: split, cold } = splitProfile({
    ...{ schemaVersion: 2, profileId, version: 1, identities: [], traits: {}, recent: [] },
    orders: { count: 0, revenueMinor: {}, refundCount: 0, refundedMinor: {} },
    email: { openCount: 0, clickCount: 0 },
    ...{ eventCount: 1, firstSeenMs: NOW_MS, lastSeenMs: NOW_MS },
    evidence: { lanes: {}, messages: '' },
    ...changes,
  });
  const hot = { ...split, coldVersion: 1 };
  for (const item of [hotItem(hot, encodeHot(hot)), coldItem(profileId, 1, cold)]) {
    stores.put('profiles', ['profileId'], unmarshall(item));
  }
}
