import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import * as z from 'zod';
import { refusalText } from '../../core/mapping/refusal-text.ts';
import { UserError } from '../user-error.ts';

/** Uncompressed size at which a batch is sent: a quarter of what the collector takes, so that progress is smooth. */
const BATCH_BYTES_TARGET = 1_000_000;
/** As many as one Kinesis request holds. */
const BATCH_CALLS_MAX = 500;
/** Requests under way at once. */
const CONCURRENCY = 4;
/** Attempts per batch; the pauses add up to about a minute and a half. */
const ATTEMPTS_MAX = 10;
const PAUSE_MS_BASE = 200;
const PAUSE_MS_MAX = 15_000;
/** As long as Segment's own SDKs honour a Retry-After. */
const RETRY_AFTER_S_MAX = 300;
/** What a request under way gets to be answered once the import is told to stop. */
const STOP_MS_MAX = 3_000;
/** API Gateway answers within 29 s or not at all. */
const ANSWER_MS_MAX = 35_000;

const compress = promisify(gzip);

const answer = z.object({
  success: z.boolean(),
  rejected: z
    .array(
      z.object({
        index: z.number(),
        issues: z.array(z.object({ path: z.string(), message: z.string() })),
      }),
    )
    .optional(),
});
type Answer = z.infer<typeof answer>;

export interface Destination {
  /** Base URL of the collector, up to and without `/v1`. */
  readonly collector: string;
  readonly writeKey: string;
}

/** A call on its way, with what the sender's caller wants back. */
export interface Parcel<T> {
  readonly call: string;
  readonly subject: T;
}

export interface SenderEvents<T> {
  onAccepted(subject: T): void;
  onRefused(subject: T, reason: string): void;
}

/** Sends calls in compressed batches, several at a time; each call is reported exactly once or the sender fails. */
export class BatchSender<T> {
  readonly #destination: Destination;
  readonly #events: SenderEvents<T>;
  readonly #signal: AbortSignal;
  /** Follows `#signal` after a while: an answer that is on its way is worth waiting for. */
  readonly #abandon = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #waiting: Parcel<T>[] = [];
  #waitingBytes = 0;
  #failure: unknown;
  #hasAnswered = false;

  constructor(destination: Destination, events: SenderEvents<T>, signal: AbortSignal) {
    this.#destination = destination;
    this.#events = events;
    this.#signal = signal;
    const abandonSoon = () => setTimeout(() => this.#abandon.abort(), STOP_MS_MAX).unref();
    signal.addEventListener('abort', abandonSoon, { once: true });
  }

  /** Takes a call; waits while enough requests are under way. */
  async add(parcel: Parcel<T>): Promise<void> {
    const bytes = Buffer.byteLength(parcel.call) + 1;
    const isFull = this.#waitingBytes + bytes > BATCH_BYTES_TARGET;
    if (this.#waiting.length > 0 && isFull) await this.#dispatch();
    this.#waiting.push(parcel);
    this.#waitingBytes += bytes;
    if (this.#waiting.length >= BATCH_CALLS_MAX) await this.#dispatch();
  }

  /** Sends what is left and waits until everything is answered. */
  async finish(): Promise<void> {
    if (this.#waiting.length > 0) await this.#dispatch();
    await this.settle();
    this.#throwFailure();
  }

  /** Waits for the requests under way and sends no more; for an import that stops. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #dispatch(): Promise<void> {
    while (this.#underWay.size >= CONCURRENCY) await Promise.race(this.#underWay);
    this.#throwFailure();
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const request = this.#send(batch)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(request));
    this.#underWay.add(request);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #send(batch: readonly Parcel<T>[]): Promise<void> {
    const body = await compress(`{"batch":[${batch.map((parcel) => parcel.call).join(',')}]}`);
    const response = await this.#postPersistently(body);
    if (response.status === 413) return this.#sendSmaller(batch);
    const parsed = answer.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw this.#refusal(response.status);
    this.#report(batch, parsed.data);
  }

  async #sendSmaller(batch: readonly Parcel<T>[]): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#events.onRefused(only.subject, 'event too large for the collector');
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#send(batch.slice(0, middle));
    await this.#send(batch.slice(middle));
  }

  #report(batch: readonly Parcel<T>[], { success, rejected = [] }: Answer): void {
    const refused = new Map(rejected.map((entry) => [entry.index, entry.issues[0]]));
    if (!success && refused.size < batch.length) throw this.#refusal(400);
    for (const [index, parcel] of batch.entries()) {
      const issue = refused.get(index);
      if (refused.has(index)) this.#events.onRefused(parcel.subject, refusalText(issue));
      else this.#events.onAccepted(parcel.subject);
    }
  }

  async #postPersistently(body: Buffer): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      this.#signal.throwIfAborted();
      const outcome = await this.#post(body);
      if (outcome.kind === 'answered' && !isTemporary(outcome.response.status)) {
        return outcome.response;
      }
      const isHopeless = outcome.kind === 'unreachable' && !this.#hasAnswered;
      if (attempt >= ATTEMPTS_MAX || isHopeless) throw this.#gaveUp(outcome);
      await pause(pauseMs(attempt, outcome), this.#signal);
    }
  }

  async #post(body: Buffer): Promise<PostOutcome> {
    try {
      const response = await fetch(`${this.#destination.collector}/v1/import`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          authorization: `Basic ${Buffer.from(`${this.#destination.writeKey}:`).toString('base64')}`,
        },
        body: new Uint8Array(body),
        signal: AbortSignal.any([this.#abandon.signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
      });
      this.#hasAnswered = true;
      return { kind: 'answered', response };
    } catch (error) {
      this.#abandon.signal.throwIfAborted();
      return { kind: 'unreachable', code: codeOf(error) };
    }
  }

  #gaveUp(outcome: PostOutcome): UserError {
    const { collector } = this.#destination;
    if (outcome.kind === 'answered') {
      return new UserError(
        `The collector at ${collector} keeps answering ${outcome.response.status}.`,
        'What was acknowledged is remembered. Run the same command again when it has recovered.',
      );
    }
    return new UserError(
      `Can't reach the collector at ${collector}${outcome.code === '' ? '' : ` (${outcome.code})`}.`,
      'Start it with `npm start`, or check the address given by --collector or the connection file.',
    );
  }

  #refusal(status: number): UserError {
    const { collector } = this.#destination;
    if (status === 401 || status === 403) {
      return new UserError(
        `The collector at ${collector} doesn't know this write key.`,
        'Check --write-key, KINDRED_WRITE_KEY or the connection file.',
      );
    }
    return new UserError(
      `${collector} answered ${status} to /v1/import, as a collector would not.`,
      'Check the address: it is the base URL up to, not including, /v1.',
    );
  }
}

type PostOutcome =
  | { readonly kind: 'answered'; readonly response: Response }
  | { readonly kind: 'unreachable'; readonly code: string };

function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function pauseMs(attempt: number, outcome: PostOutcome): number {
  const header = outcome.kind === 'answered' ? outcome.response.headers.get('retry-after') : null;
  const askedS = Number(header ?? Number.NaN);
  if (askedS > 0) return Math.min(askedS, RETRY_AFTER_S_MAX) * 1000;
  return Math.random() * Math.min(PAUSE_MS_MAX, PAUSE_MS_BASE * 2 ** attempt);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

/** `fetch` hides the socket's error in its cause. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
