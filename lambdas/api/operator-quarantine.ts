import * as z from 'zod';
import { readWaitingCall, waitingCallOf, waitingCalls } from '../../adapters/s3/waiting-calls.ts';
import { replayFilter } from '../../core/events/replay.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';

/** A page holds keys alone, so it costs one request of S3 per thousand. */
const PAGE_CALLS_MAX = 1_000;
const PAGE_CALLS_DEFAULT = 100;
/** Documents are read one by one: only few at once. */
const DOCUMENTS_MAX = 20;

const list = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : value),
  z.array(z.string()).optional(),
);
const query = z.strictObject({
  from: z.string(),
  to: z.string(),
  reason: list,
  source: list,
  id: list,
  limit: z.coerce.number().int().min(1).max(PAGE_CALLS_MAX).default(PAGE_CALLS_DEFAULT),
  /** The last page's `next`. */
  after: z
    .string()
    .refine((key) => waitingCallOf(key) !== undefined, {
      error: 'is no place in the quarantine; send `next` of the last page as it was',
    })
    .optional(),
  /** `documents` to get the calls themselves. */
  include: z.literal('documents').optional(),
});

/** `GET /v1/quarantine`: which calls wait, a page at a time, with the page's counts by reason. */
export const listQuarantine: OperatorRoute = {
  method: 'GET',
  resource: '/quarantine',
  async handle(request, { s3, setting }) {
    const asked = operatorInput(query, request.query);
    const { from, to, reason: reasons, source: sources, id: ids } = asked;
    const filter = operatorInput(replayFilter, { from, to, reasons, sources, ids });
    const quarantine = { client: s3, bucket: setting('QUARANTINE_BUCKET') };
    const isWhole = asked.include === 'documents';
    const limit = isWhole ? Math.min(asked.limit, DOCUMENTS_MAX) : asked.limit;
    const calls: object[] = [];
    const countsByReason: Record<string, number> = {};
    let last: string | undefined;
    for await (const { key, ...call } of waitingCalls(quarantine, filter, asked.after)) {
      if (calls.length === limit) return page(calls, countsByReason, last);
      last = key;
      countsByReason[call.reason] = (countsByReason[call.reason] ?? 0) + 1;
      const whole = isWhole ? await readWaitingCall(quarantine, key) : call;
      // One that is gone or damaged is told by what its key says.
      calls.push(typeof whole === 'string' ? call : whole);
    }
    return page(calls, countsByReason, undefined);
  },
};

function page(
  calls: readonly object[],
  countsByReason: Readonly<Record<string, number>>,
  next: string | undefined,
) {
  return { status: 200, body: { calls, countsByReason, ...(next === undefined ? {} : { next }) } };
}
