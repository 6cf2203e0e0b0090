import { createHash } from 'node:crypto';
import { ServiceError } from './json-service.ts';

/** How long DynamoDB knows a transaction by its ClientRequestToken. */
const TOKEN_LIFE_MS = 10 * 60 * 1000;

interface Remembered {
  readonly fingerprint: string;
  readonly response: Record<string, unknown>;
  readonly atMs: number;
}

/**
 * Transactions that have been done, by their client's token: a repetition, which the SDK makes when an
 * answer was lost, gets the first answer and writes nothing.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export class RequestTokens {
  readonly #done = new Map<string, Remembered>();

  /** @throws ServiceError when the token was used for something else. */
  find(token: string, request: unknown, nowMs: number): Record<string, unknown> | undefined {
    this.#forgetBefore(nowMs - TOKEN_LIFE_MS);
    const done = this.#done.get(token);
    if (done === undefined) return undefined;
    if (done.fingerprint === fingerprintOf(request)) return done.response;
    throw new ServiceError(
      'IdempotentParameterMismatchException',
      'The provided client token is already in use with different request parameters',
    );
  }

  remember(
    token: string,
    request: unknown,
    response: Record<string, unknown>,
    nowMs: number,
  ): void {
    this.#done.set(token, { fingerprint: fingerprintOf(request), response, atMs: nowMs });
  }

  /** In the order of insertion, which is that of time. */
  #forgetBefore(timeMs: number): void {
    for (const [token, { atMs }] of this.#done) {
      if (atMs >= timeMs) return;
      this.#done.delete(token);
    }
  }
}

function fingerprintOf(request: unknown): string {
  return createHash('sha1').update(JSON.stringify(request)).digest('base64');
}
