import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';

/** Requests under way at once: a batch that is wrong throughout is stored within a second or two. */
const CONCURRENCY_MAX = 16;
/** How long one object may take. */
const ATTEMPT_MS_MAX = 4_000;
const ATTEMPTS_MAX = 3;

/** Refused calls could not be kept; nothing of the request may be acknowledged. */
export class QuarantineUnavailableError extends Error {
  override readonly name = 'QuarantineUnavailableError';
}

export interface QuarantineStore {
  /**
   * Resolves when every refused call is stored.
   * @throws QuarantineUnavailableError when that isn't so at `deadlineMs` (epoch).
   */
  keep(calls: readonly QuarantinedCall[], deadlineMs: number): Promise<void>;
}

export function createQuarantineStore(bucket: string): QuarantineStore {
  const client = new S3Client({ maxAttempts: ATTEMPTS_MAX });
  const put = async (call: QuarantinedCall, deadlineMs: number): Promise<void> => {
    const leftMs = Math.max(1, deadlineMs - Date.now());
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: quarantineKey(call),
        Body: JSON.stringify(call),
        ContentType: 'application/json',
      }),
      { abortSignal: AbortSignal.timeout(Math.min(leftMs, ATTEMPT_MS_MAX * ATTEMPTS_MAX)) },
    );
  };
  return {
    async keep(calls, deadlineMs) {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
          await put(call, deadlineMs);
        }
      };
      try {
        await Promise.all(Array.from({ length: Math.min(CONCURRENCY_MAX, calls.length) }, worker));
      } catch (error) {
        throw new QuarantineUnavailableError('refused calls were not stored', { cause: error });
      }
    },
  };
}

/** By day and reason, so that a mistake's events are found, counted and replayed together. */
export function quarantineKey(call: QuarantinedCall): string {
  return `quarantine/day=${call.receivedAt.slice(0, 10)}/reason=${call.reason}/${call.id}.json`;
}
