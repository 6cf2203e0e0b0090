import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { FunctionDefinition } from './function-definition.ts';
import { FunctionProcess, type InvocationResult } from './function-process.ts';

export interface LambdaFunctionOptions {
  readonly definition: FunctionDefinition;
  /** `AWS_ENDPOINT_URL_<SERVICE>` of the engines. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly onInvocation: (outcome: InvocationOutcome) => void;
}

/** What CloudWatch counts of an invocation. */
export interface InvocationOutcome {
  readonly kind: 'success' | 'error' | 'throttle';
  readonly durationMs: number;
}

/** What a caller gets: the handler's answer or error, or a refusal before any handler ran. */
export type InvokeResult =
  | (InvocationResult & { readonly requestId: string })
  | {
      readonly kind: 'refused';
      readonly reason: 'throttled' | 'too large';
      readonly message: string;
    };

/** Synchronous requests: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const REQUEST_BYTES_MAX = 6_291_456;
/** More processes than cores only take memory, 150 MB and more each, and wait for each other. */
const PROCESSES_MAX = Math.max(2, availableParallelism());
/** Events that wait for a process before more are refused: far above what a laptop's test sends. */
const WAITING_MAX = 10_000;
/** AWS keeps an idle environment for minutes; a laptop's memory is dearer, and a start takes half a second. */
const IDLE_MS_MAX = 15_000;
/** Asynchronous events are tried three times: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const ASYNC_ATTEMPTS_MAX = 3;
/** AWS waits one and two minutes between attempts; seconds show the same. */
const ASYNC_RETRY_MS = 1_000;

interface Waiting {
  readonly payload: string;
  readonly resolve: (result: InvokeResult) => void;
}

interface PoolEntry {
  readonly process: FunctionProcess;
  state: 'starting' | 'idle' | 'busy';
  idleTimer: NodeJS.Timeout | undefined;
}

/** A function: a pool of processes that each run one event at a time, and a queue before them. */
export class LambdaFunction {
  readonly definition: FunctionDefinition;
  readonly #options: LambdaFunctionOptions;
  readonly #pool = new Set<PoolEntry>();
  readonly #waiting: Waiting[] = [];
  #inFlightCount = 0;
  #isStopped = false;

  constructor(options: LambdaFunctionOptions) {
    this.definition = options.definition;
    this.#options = options;
  }

  /** Runs an event, JSON, and gives the answer: `InvocationType: RequestResponse`. */
  async invoke(payload: string): Promise<InvokeResult> {
    const size = Buffer.byteLength(payload);
    if (size > REQUEST_BYTES_MAX) {
      return {
        kind: 'refused',
        reason: 'too large',
        message: `${size} byte payload is too large for the RequestResponse invocation type (limit ${REQUEST_BYTES_MAX} bytes)`,
      };
    }
    const concurrencyMax = this.definition.reservedConcurrency ?? WAITING_MAX;
    if (this.#isStopped || this.#inFlightCount >= concurrencyMax) {
      this.#options.onInvocation({ kind: 'throttle', durationMs: 0 });
      return { kind: 'refused', reason: 'throttled', message: 'Rate Exceeded.' };
    }
    this.#inFlightCount += 1;
    try {
      return await new Promise((resolve) => {
        this.#waiting.push({ payload, resolve });
        this.#dispatch();
      });
    } finally {
      this.#inFlightCount -= 1;
    }
  }

  /**
   * Runs an event some time, again when it fails: `InvocationType: Event`.
   * @throws Error with the last failure when no attempt is left.
   */
  async invokeAsynchronously(payload: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.invoke(payload);
      if (result.kind === 'response') return;
      if (attempt === ASYNC_ATTEMPTS_MAX || this.#isStopped) {
        const reason = result.kind === 'refused' ? result.message : result.error.errorType;
        throw new Error(`${this.definition.logicalId} failed ${attempt} times: ${reason}`);
      }
      await new Promise((resolve) => setTimeout(resolve, ASYNC_RETRY_MS * attempt).unref());
    }
  }

  /** SIGKILLs every process; what they were running ends in an error, the next event gets a new one. */
  kill(): void {
    for (const entry of this.#pool) entry.process.kill();
  }

  residentBytes(): number {
    return [...this.#pool].reduce((sum, { process }) => sum + process.residentBytes(), 0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { resolve } of this.#waiting.splice(0)) {
      resolve({ kind: 'refused', reason: 'throttled', message: 'The local cloud is stopping.' });
    }
    const processes = [...this.#pool].map(({ process }) => process);
    for (const process of processes) process.kill();
    await Promise.all(processes.map(({ exited }) => exited));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const idle = [...this.#pool].find(
        ({ state, process }) => state === 'idle' && !process.hasEnded,
      );
      if (idle === undefined) break;
      const next = this.#waiting.shift();
      if (next !== undefined) void this.#run(idle, next);
    }
    const startingCount = [...this.#pool].filter(({ state }) => state === 'starting').length;
    const wanted = this.#waiting.length - startingCount;
    const room = PROCESSES_MAX - this.#pool.size;
    for (let count = Math.min(wanted, room); count > 0; count -= 1) void this.#start();
  }

  async #start(): Promise<void> {
    const { definition, endpoints, onLine } = this.#options;
    const process = new FunctionProcess({ definition, endpoints, onLine });
    const entry: PoolEntry = { process, state: 'starting', idleTimer: undefined };
    this.#pool.add(entry);
    void process.exited.then(() => this.#onExit(entry));
    const error = await process.initialised;
    if (error === undefined) {
      this.#makeIdle(entry);
      this.#dispatch();
      return;
    }
    // The event that called for this process gets its error, as in Lambda.
    const next = this.#isStopped ? undefined : this.#waiting.shift();
    if (next !== undefined) {
      this.#options.onInvocation({ kind: 'error', durationMs: 0 });
      next.resolve({ kind: 'error', error, requestId: randomUUID() });
    }
  }

  async #run(entry: PoolEntry, { payload, resolve }: Waiting): Promise<void> {
    clearTimeout(entry.idleTimer);
    entry.state = 'busy';
    const requestId = randomUUID();
    const startedAtMs = performance.now();
    const result = await entry.process.run({
      call: 'invocation/next',
      requestId,
      deadlineMs: Date.now() + this.definition.timeoutMs,
      functionArn: this.definition.arn,
      payload,
    });
    this.#options.onInvocation({
      kind: result.kind === 'response' ? 'success' : 'error',
      durationMs: performance.now() - startedAtMs,
    });
    resolve({ ...result, requestId });
    if (entry.process.hasEnded) return;
    this.#makeIdle(entry);
    this.#dispatch();
  }

  #makeIdle(entry: PoolEntry): void {
    entry.state = 'idle';
    entry.idleTimer = setTimeout(() => entry.process.kill(), IDLE_MS_MAX);
    entry.idleTimer.unref();
  }

  #onExit(entry: PoolEntry): void {
    clearTimeout(entry.idleTimer);
    this.#pool.delete(entry);
    if (!this.#isStopped) this.#dispatch();
  }
}
