import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FunctionDefinition, processEnvironment } from './function-definition.ts';
import { killWithUs } from './process-reaper.ts';
import type { FunctionError, Invocation, RuntimeCall } from './runtime-message.ts';

/** How an event ended: the handler's answer, or why there is none. */
export type InvocationResult =
  | { readonly kind: 'response'; readonly payload: string }
  | { readonly kind: 'error'; readonly error: FunctionError };

export interface FunctionProcessOptions {
  readonly definition: FunctionDefinition;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

/** AWS gives the initialisation 10 s; a busy laptop starting several at once is slower than Lambda. */
const INIT_MS_MAX = 30_000;
/** The runtime's own answer limit: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const RESPONSE_BYTES_MAX = 6_291_556;
/** A line longer than this is cut into several, as CloudWatch Logs does at 1 MB. */
const LINE_CHARACTERS_MAX = 1_048_576;
const LINUX_PAGE_BYTES = 4_096;
const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

/**
 * One process of a function: initialises once, then runs one event at a time. It ends by time-out,
 * by crash, by `kill`, or by itself when the runner is gone.
 */
export class FunctionProcess {
  /** Settles with the error when the bundle cannot be loaded, else with undefined. */
  readonly initialised: Promise<FunctionError | undefined>;
  readonly exited: Promise<void>;
  readonly #options: FunctionProcessOptions;
  readonly #child: ChildProcess;
  readonly #initialisation = Promise.withResolvers<FunctionError | undefined>();
  #underway: { requestId: string; end: (result: InvocationResult) => void } | undefined;
  #reportedBytes = 0;
  #hasEnded = false;
  #wasTimedOut = false;

  constructor(options: FunctionProcessOptions) {
    this.#options = options;
    const { definition } = options;
    this.#child = fork(BOOTSTRAP, [], {
      cwd: definition.codeDirectory,
      env: processEnvironment(definition, options.endpoints),
      // The cap is the heap's: what Node itself and buffers take comes on top, unlike in Lambda. Many
      // processes share this machine's memory, so the youngest objects' part of it is bounded too.
      execArgv: [`--max-old-space-size=${definition.memoryMb}`, '--max-semi-space-size=16'],
      execPath: process.execPath,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    killWithUs(this.#child);
    this.#child.on('message', (call: RuntimeCall) => this.#onCall(call));
    this.#child.on('error', () => this.#child.kill('SIGKILL'));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) forEachLine(stream, options.onLine);
    }
    this.initialised = this.#initialisation.promise;
    this.exited = new Promise((resolve) => {
      // Not `exit`: only after `close` have all lines of the output been read.
      this.#child.on('close', (code, signal) => {
        this.#onEnd(code, signal);
        resolve();
      });
    });
    const timer = setTimeout(() => this.#onInitTimeout(), INIT_MS_MAX);
    void this.initialised.then(() => clearTimeout(timer));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Runs one event; the process must be initialised and idle. */
  run(invocation: Invocation): Promise<InvocationResult> {
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    const { timeoutMs } = this.#options.definition;
    const timer = setTimeout(() => this.#onTimeout(), timeoutMs);
    this.#underway = {
      requestId: invocation.requestId,
      end: (result) => {
        clearTimeout(timer);
        this.#underway = undefined;
        resolve(result);
      },
    };
    this.#child.send(invocation, (error) => {
      if (error !== null) this.kill();
    });
    return promise;
  }

  /** SIGKILL: the handler gets no chance to tidy up, as when its machine dies. */
  kill(): void {
    this.#hasEnded = true;
    this.#child.kill('SIGKILL');
  }

  /** Memory of the process now; where the system doesn't tell, at its last answer. */
  residentBytes(): number {
    if (this.#hasEnded || process.platform !== 'linux') return this.#reportedBytes;
    try {
      const [, pages] = readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ');
      return Number(pages) * LINUX_PAGE_BYTES;
    } catch {
      return 0;
    }
  }

  #onCall(call: RuntimeCall): void {
    switch (call.call) {
      case 'invocation/next':
        this.#reportedBytes = call.residentBytes;
        this.#initialisation.resolve(undefined);
        return;
      case 'init/error':
        this.#initialisation.resolve(call.error);
        return;
      case 'response':
        if (call.requestId === this.#underway?.requestId) this.#onResponse(call.payload);
        return;
      case 'error':
        if (call.requestId !== this.#underway?.requestId) return;
        this.#underway.end({ kind: 'error', error: call.error });
    }
  }

  #onResponse(payload: string): void {
    const size = Buffer.byteLength(payload);
    if (size <= RESPONSE_BYTES_MAX) {
      this.#underway?.end({ kind: 'response', payload });
      return;
    }
    this.#endWithError(
      'Function.ResponseSizeTooLarge',
      `Response payload size (${size} bytes) exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
    );
  }

  #onTimeout(): void {
    this.#wasTimedOut = true;
    const seconds = (this.#options.definition.timeoutMs / 1000).toFixed(2);
    const { requestId } = this.#underway ?? {};
    this.kill();
    this.#endWithError(
      'Sandbox.Timedout',
      `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
    );
  }

  #onInitTimeout(): void {
    this.kill();
    this.#initialisation.resolve({
      errorType: 'Sandbox.Timedout',
      errorMessage: `The function did not initialise within ${INIT_MS_MAX / 1000} seconds`,
    });
  }

  #onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    this.#hasEnded = true;
    const how = signal === null ? `exit status ${code}` : `signal: ${signalName(signal)}`;
    const message = `Runtime exited with error: ${how}`;
    this.#initialisation.resolve({ errorType: 'Runtime.ExitError', errorMessage: message });
    if (this.#wasTimedOut) return;
    const { requestId } = this.#underway ?? {};
    this.#endWithError('Runtime.ExitError', `RequestId: ${requestId} Error: ${message}`);
  }

  #endWithError(errorType: string, errorMessage: string): void {
    this.#underway?.end({ kind: 'error', error: { errorType, errorMessage } });
  }
}

/** Lambda's own words: `signal: killed`. */
function signalName(signal: NodeJS.Signals): string {
  return signal === 'SIGKILL' ? 'killed' : signal;
}

function forEachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
    if (rest.length > LINE_CHARACTERS_MAX) {
      onLine(rest);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
