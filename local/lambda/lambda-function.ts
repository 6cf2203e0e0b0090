import { randomUUID } from 'node:crypto';
import {
  ExecutionEnvironment,
  type ExecutionOptions,
  type InvocationResult,
} from './execution-environment.ts';

/** Synchronous payloads in either direction: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;
/** Processes of one function at once; this machine has few cores, and each process its own memory. */
const CONCURRENCY_MAX = 6;
/** An idle process is ended after this long, as AWS ends idle environments. */
const IDLE_MS_MAX = 60_000;

export type FunctionOptions = Omit<ExecutionOptions, 'onExit'> & {
  readonly reservedConcurrency?: number;
  readonly onInvoked?: (result: { durationMs: number; isError: boolean }) => void;
};

interface Waiting {
  readonly start: (environment: ExecutionEnvironment) => void;
}

/** A deployed function: a pool of execution environments, started when there is work for them. */
export class LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly #options: FunctionOptions;
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #idle: { environment: ExecutionEnvironment; timer: NodeJS.Timeout }[] = [];
  readonly #waiting: Waiting[] = [];
  #starting = 0;
  #hasStopped = false;

  constructor(options: FunctionOptions) {
    this.name = options.functionName;
    this.arn = options.functionArn;
    this.#options = options;
  }

  async invoke(payload: string): Promise<InvocationResult> {
    if (Buffer.byteLength(payload) > PAYLOAD_BYTES_MAX) {
      return failure(
        'RequestEntityTooLarge',
        `The request is larger than ${PAYLOAD_BYTES_MAX} bytes`,
      );
    }
    const environment = await this.#acquire();
    const startedAt = performance.now();
    const result = await environment.invoke(randomUUID(), payload);
    this.#release(environment);
    const isError = result.functionError !== undefined;
    this.#options.onInvoked?.({ durationMs: performance.now() - startedAt, isError });
    if (Buffer.byteLength(result.payload) > PAYLOAD_BYTES_MAX) {
      return failure(
        'Function.ResponseSizeTooLarge',
        `The response is larger than ${PAYLOAD_BYTES_MAX} bytes`,
      );
    }
    return result;
  }

  /** SIGKILLs every process of this function, as a fault. */
  kill(): void {
    for (const environment of this.#all) environment.kill();
  }

  stop(): void {
    this.#hasStopped = true;
    for (const { timer } of this.#idle) clearTimeout(timer);
    this.kill();
  }

  async memoryBytes(): Promise<number> {
    const sizes = await Promise.all([...this.#all].map((environment) => environment.memoryBytes()));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  #acquire(): Promise<ExecutionEnvironment> {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(idle.timer);
      return Promise.resolve(idle.environment);
    }
    return new Promise((resolve) => {
      this.#waiting.push({ start: resolve });
      this.#grow();
    });
  }

  #grow(): void {
    const limit = Math.min(this.#options.reservedConcurrency ?? CONCURRENCY_MAX, CONCURRENCY_MAX);
    const isFull = this.#all.size + this.#starting >= limit;
    if (this.#hasStopped || isFull || this.#waiting.length <= this.#starting) return;
    this.#starting += 1;
    void this.#startOne();
  }

  async #startOne(): Promise<void> {
    const environment = await ExecutionEnvironment.start({
      ...this.#options,
      onExit: () => this.#forget(environment),
    });
    this.#starting -= 1;
    this.#all.add(environment);
    if (this.#hasStopped) environment.kill();
    this.#release(environment);
  }

  #forget(environment: ExecutionEnvironment): void {
    this.#all.delete(environment);
    const place = this.#idle.findIndex((idle) => idle.environment === environment);
    const [removed] = place < 0 ? [] : this.#idle.splice(place, 1);
    if (removed !== undefined) clearTimeout(removed.timer);
    this.#grow();
  }

  #release(environment: ExecutionEnvironment): void {
    if (environment.hasEnded) {
      this.#grow();
      return;
    }
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.start(environment);
      return;
    }
    const timer = setTimeout(() => environment.kill(), IDLE_MS_MAX);
    timer.unref();
    this.#idle.push({ environment, timer });
  }
}

function failure(errorType: string, errorMessage: string): InvocationResult {
  return { functionError: 'Unhandled', payload: JSON.stringify({ errorType, errorMessage }) };
}
