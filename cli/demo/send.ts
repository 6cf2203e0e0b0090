import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { UserError } from '../user-error.ts';

/** A raw call in the Segment HTTP Tracking API's form, as an SDK would put it in a batch. */
export type TrackingCall = Readonly<Record<string, unknown>>;

export interface SendOutcome {
  readonly sent: number;
  readonly accepted: number;
  readonly rejected: number;
}

/** Events per request: the Segment SDKs flush at 20 or less. */
const BATCH_SIZE = 20;
/** Requests under way at once. */
const CONCURRENCY = 4;
/** As a busy shop would: one burst of everything would measure its queue, not its freshness. */
export const EVENTS_PER_SECOND = 300;

const answerSchema = z.object({
  success: z.boolean(),
  accepted: z.number().optional(),
  rejected: z.array(z.unknown()).optional(),
});

/**
 * Sends calls to the collector in batches, EVENTS_PER_SECOND at most.
 * @throws UserError when the collector answers with anything but an acknowledgement.
 */
export async function sendCalls(
  collector: string,
  writeKey: string,
  calls: readonly TrackingCall[],
  onProgress: (sent: number) => void,
): Promise<SendOutcome> {
  const outcome = { sent: 0, accepted: 0, rejected: 0 };
  let next = 0;
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (next < calls.length) {
      const batch = calls.slice(next, next + BATCH_SIZE);
      const dueMs = (next / EVENTS_PER_SECOND) * 1000;
      next += batch.length;
      await sleep(Math.max(0, dueMs - (performance.now() - startedAt)));
      const rejected = await postBatch(collector, writeKey, batch);
      outcome.sent += batch.length;
      outcome.rejected += rejected;
      outcome.accepted += batch.length - rejected;
      onProgress(outcome.sent);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return outcome;
}

async function postBatch(
  collector: string,
  writeKey: string,
  batch: readonly TrackingCall[],
): Promise<number> {
  const response = await fetch(`${collector}/v1/batch`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
    },
    body: JSON.stringify({ batch, sentAt: new Date().toISOString() }),
  });
  const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
  // A batch with nothing valid answers 400 and lists the refusals: they are counted, not an error.
  if (answer.success && (response.ok || response.status === 400)) {
    return answer.data.rejected?.length ?? (response.ok ? 0 : batch.length);
  }
  throw new UserError(
    `The collector answered ${response.status}.`,
    'See the log of the local cloud with `npm start`.',
  );
}
