import { createPutEvent } from '../../adapters/kinesis/put-event.ts';
import { recommendationsHandler } from './recommendations-handler.ts';
import { environment } from './serve-environment.ts';
import { createClickUrls, createSources } from './sources.ts';
import { countDocumentFailure, countModelFailure } from './telemetry.ts';

/** `GET /v1/recommendations/{placement}` and `GET /v1/health`. */
export const handler = recommendationsHandler({
  sources: createSources(countModelFailure, countDocumentFailure),
  clickUrls: createClickUrls(),
  putEvent: createPutEvent(environment.EVENTS_STREAM_NAME),
});
