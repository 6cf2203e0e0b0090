import type { QuarantinedCall } from '../../core/identity/quarantined-call.ts';
import { createPutObject } from './put-object.ts';

/** Requests under way at once: a batch that is wrong throughout is stored within a second or two. */
const CONCURRENCY_MAX = 16;

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
  const put = createPutObject(bucket);
  return {
    async keep(calls, deadlineMs) {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
          await put(quarantineKey(call), JSON.stringify(call), deadlineMs);
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

/** Below it lie the calls that wait; see waiting-calls.ts for who reads them. */
export const QUARANTINE_PREFIX = 'quarantine/';

/**
 * By day, reason and source, so that a mistake's calls are found, counted and replayed together
 * without reading one of them.
 */
export function quarantineKey({ receivedAt, reason, source, id }: QuarantinedCall): string {
  return `${QUARANTINE_PREFIX}day=${receivedAt.slice(0, 10)}/reason=${reason}/source=${source}/${id}.json`;
}
