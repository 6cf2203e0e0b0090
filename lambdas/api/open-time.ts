import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import { createFetchPicture } from '../../adapters/drawing/fetch-picture.ts';
import { createShownItems } from '../../adapters/dynamodb/shown-items.ts';
import { createEventStream } from '../../adapters/kinesis/event-stream.ts';
import { readSecret } from '../../adapters/secrets/secret-reader.ts';
import { isAllowedAddress } from '../../core/blocks/allowed-hosts.ts';
import { LIMIT_MAX } from '../../core/ranking/placement.ts';
import { requestHeader } from '../ingest/request-header.ts';
import { fallbackPng } from './fallback-png.ts';
import { linkPage } from './link-page.ts';
import { Recommender } from './recommend.ts';
import { recordClick, recordView, redirect } from './record-click.ts';
import { pathOf } from './request-path.ts';
import { environment } from './serve-environment.ts';
import { slotItemOf, slotOf } from './slot-item.ts';
import { SlotPictures } from './slot-picture.ts';
import { createSources } from './sources.ts';
import {
  countDocumentFailure,
  countLastResort,
  countModelFailure,
  publishMetrics,
} from './telemetry.ts';

const own = z
  .object({ SHOWN_TABLE: z.string().min(1), EVENTS_STREAM_NAME: z.string().min(1) })
  .parse(process.env);

const slotPath = /\/v1\/blocks\/([^/]+)\/(\d{1,3})(\.png|\/link)\/?$/;

const sources = createSources(countModelFailure, countDocumentFailure);
const slotSources = {
  sources,
  recommender: new Recommender(sources),
  shown: createShownItems(new DynamoDBClient({ maxAttempts: 2 }), own.SHOWN_TABLE),
  identitySecret: () => readSecret(environment.IDENTITY_SECRET_ID),
};
const stream = createEventStream(own.EVENTS_STREAM_NAME);
const pictures = new SlotPictures(createFetchPicture());

const imageHeaders = {
  'content-type': 'image/png',
  'cache-control': 'private, no-cache',
  'x-content-type-options': 'nosniff',
};

/** `GET` and `HEAD /v1/blocks/{placement}/{slot}.png` and `…/{slot}/link`: an image that is drawn when a mail is opened, and its link. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(publishMetrics())
  .use({
    onError: (request) => {
      countLastResort(request.error);
      request.response = nothingToShow(request.event);
    },
  })
  .handler(route);

async function route(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const [, placement, digits, kind] = slotPath.exec(pathOf(event)) ?? [];
  const number = Number(digits);
  const isSlot = number >= 1 && number <= LIMIT_MAX;
  if (placement === undefined || !isSlot) return nothingToShow(event);
  const isHead = event.httpMethod === 'HEAD';
  // Whoever looks whether there is an image sees none of it: nothing is drawn for them.
  if (isHead && kind === '.png') return { statusCode: 200, headers: imageHeaders, body: '' };
  const nowMs = Date.now();
  const slot = await slotOf(event, { placement, number }, slotSources, nowMs);
  const shown = await slotItemOf(slot, slotSources, nowMs, { isShown: !isHead });
  const { item } = shown;
  const { campaign, identityRef } = slot;
  const { experiment, variant } = item;
  const from = { placement, identityRef, campaign, experiment, variant };
  if (kind === '.png') {
    const [{ png, identity }] = await Promise.all([
      pictures.draw(shown),
      recordView(event, from, stream, nowMs),
    ]);
    return image(event, png, identity);
  }
  const { CLICK_HOSTS: hosts } = environment;
  // The address is the catalogue's and nobody else's; where hosts are named it has to be one of theirs.
  const isAllowed = item.url !== '' && (hosts.length === 0 || isAllowedAddress(item.url, hosts));
  if (!isAllowed) return linkPage(403);
  await recordClick(event, { ...from, url: item.url, itemId: item.item_id }, stream, nowMs);
  return redirect(item.url);
}

/** Mail programs ask again each time that they show it, and are told when nothing has changed. */
function image(
  event: APIGatewayProxyEvent,
  png: Uint8Array,
  identity: string,
): APIGatewayProxyResult {
  const etag = `"${identity}"`;
  const headers = { ...imageHeaders, etag };
  if (requestHeader(event, 'if-none-match')?.includes(etag) === true) {
    return { statusCode: 304, headers, body: '' };
  }
  const body = Buffer.from(png).toString('base64');
  return { statusCode: 200, headers, body, isBase64Encoded: true };
}

/** Whatever breaks: an image that shows nothing, since a broken one would be seen; a page in place of a link. */
function nothingToShow(event: APIGatewayProxyEvent): APIGatewayProxyResult {
  if (/\/link\/?$/.test(pathOf(event))) return linkPage(404);
  const headers = { 'content-type': 'image/png', 'cache-control': 'no-store' };
  if (event.httpMethod === 'HEAD') return { statusCode: 200, headers, body: '' };
  return { statusCode: 200, headers, body: fallbackPng, isBase64Encoded: true };
}
