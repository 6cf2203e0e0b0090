import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { SourceDirectory } from '../../adapters/dynamodb/source-directory.ts';
import type { SourceRate } from '../../adapters/dynamodb/source-rate.ts';
import { isOriginAllowed } from '../../core/events/allowed-origin.ts';
import type { SourceDocument } from '../../core/events/source.ts';
import { Problem } from './answers.ts';
import { readableByAnyPage } from './cors.ts';
import { requestHeader } from './request-header.ts';

/** Who may send what: asked of the sources' documents. */
export interface SourcePorts {
  readonly sources: SourceDirectory;
  readonly rate: SourceRate;
}

/**
 * The source of a write key, if its document lets this request in.
 * @throws Problem 401 for no, an unknown or a disabled source's key, 403 for a page of a foreign origin. All
 * of them are for good: SDKs drop what is answered so.
 */
export async function authorizedSource(
  event: APIGatewayProxyEvent,
  writeKey: string | undefined,
  { sources }: Pick<SourcePorts, 'sources'>,
): Promise<SourceDocument> {
  if (writeKey === undefined) {
    throw new Problem(
      401,
      'No write key; send it as the user name of HTTP Basic, in X-Write-Key, or as writeKey in the body or the query.',
    );
  }
  const source = await sources.find(writeKey);
  if (source === undefined) {
    throw new Problem(401, 'Unknown write key; check it against the one of your source.');
  }
  if (!source.isEnabled) {
    throw new Problem(
      401,
      `The source "${source.sourceId}" is disabled; enable it in its document.`,
    );
  }
  const origin = requestHeader(event, 'origin');
  // Without an origin it is no page: servers, and images, state none.
  if (origin !== undefined && !isOriginAllowed(origin, source.allowedOrigins)) {
    throw new Problem(
      403,
      `Pages of this origin may not send with the key of "${source.sourceId}"; add the origin to its allowedOrigins.`,
      undefined,
      readableByAnyPage,
    );
  }
  return source;
}

/** @throws Problem 403 for the key of a website, which every visitor can read. */
export function requireServerSide({ sourceId, isServerSide }: SourceDocument): void {
  if (isServerSide) return;
  throw new Problem(
    403,
    `/v1/import takes the keys of servers only, and "${sourceId}" is none; set isServerSide in its document, or send to /v1/batch.`,
  );
}

/** @throws Problem 429 while the source is over its rate; nothing of the request is taken. */
export async function requireRate(
  source: SourceDocument,
  eventCount: number,
  { rate }: Pick<SourcePorts, 'rate'>,
): Promise<void> {
  const admission = await rate.admit(source, eventCount);
  if (admission.kind === 'admitted') return;
  throw new Problem(
    429,
    `The source "${source.sourceId}" is over its ${source.eventsPerSecondMax} events a second; nothing was taken. Send it again after ${admission.retryAfterS} s.`,
    undefined,
    { 'Retry-After': String(admission.retryAfterS) },
  );
}
