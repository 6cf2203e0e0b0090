import { type CollectedEvent, EVENT_SCHEMA_VERSION } from '../events/event.ts';
import { machineMarksOf } from '../webhooks/machine-marks.ts';
import { type Click, identityOfClick } from './click-token.ts';

/** What a request for a link, or for an image, says of who made it. */
export interface ClickRequest {
  readonly method: string;
  /** The value of a header of this lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Whether the user agent is a bot's by the lists of those. */
  readonly isBot: boolean;
}

/** The name of the source under which these events stand in the lake; nobody holds a key of it. */
export const CLICK_SOURCE = 'kindred-clicks';

/**
 * What browsers and proxies say when they fetch ahead of a reader.
 * Source: https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header and the older `Purpose`
 * (Chrome), `X-Purpose` (Safari) and `X-Moz`.
 */
const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;
const AHEAD_OF_READER = /prefetch|prerender|preview/i;

/**
 * The click as an event on the stream, or nothing where the token names nobody. A machine's is recorded as
 * such, and never counts: who fetches a link without showing it, ahead of a reader, or by a program's name.
 */
export function clickEventOf(
  click: Click,
  request: ClickRequest,
  { messageId, nowMs }: { readonly messageId: string; readonly nowMs: number },
): CollectedEvent | undefined {
  const identity = identityOfClick(click);
  if (identity === undefined) return undefined;
  const receivedAt = new Date(nowMs).toISOString();
  const reason = machineReasonOf(request);
  return {
    schemaVersion: EVENT_SCHEMA_VERSION,
    messageId,
    type: 'track',
    event: 'Block Clicked',
    identities: [identity],
    source: CLICK_SOURCE,
    timestamp: receivedAt,
    receivedAt,
    properties: {
      placement_id: click.placement,
      product_id: click.itemId,
      ...(click.experiment !== '' && { experiment_id: click.experiment }),
      ...(click.variant !== '' && { variation_id: click.variant }),
      ...(click.campaign !== '' && { campaign_id: click.campaign }),
      ...(reason !== undefined && { machine_click: true, machine_reason: reason }),
    },
  };
}

/** Why a request is taken for a machine's; undefined where a person may have made it. */
export function machineReasonOf(request: ClickRequest): string | undefined {
  const ahead = aheadOfReader(request);
  if (ahead !== undefined) return ahead;
  const { header, isBot } = request;
  const userAgent = header('user-agent') ?? '';
  // Every browser says what it is.
  if (userAgent.trim() === '' || isBot) return 'scanner';
  const { machine_reason: reason } = machineMarksOf('Email Link Clicked', { userAgent });
  return typeof reason === 'string' ? reason : undefined;
}

/** How a request says itself that nobody will see the answer, or not yet. */
export function aheadOfReader({
  method,
  header,
}: Omit<ClickRequest, 'isBot'>): 'head' | 'prefetch' | undefined {
  // Nobody reads a page that way; link scanners look with it whether there is one.
  if (method === 'HEAD') return 'head';
  const isAhead = PURPOSE_HEADERS.some((name) => AHEAD_OF_READER.test(header(name) ?? ''));
  return isAhead ? 'prefetch' : undefined;
}
