import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a function answered: its payload, or the kind of its failure with the error as the payload. */
export interface InvocationResult {
  readonly payload: string;
  readonly functionError?: 'Handled' | 'Unhandled';
}

export interface ExecutionOptions {
  readonly functionName: string;
  readonly functionArn: string;
  readonly codeDirectory: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
  readonly onExit: () => void;
}

interface Invocation {
  readonly requestId: string;
  readonly payload: string;
  readonly finish: (result: InvocationResult) => void;
}

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

/** One process of a function with its Runtime API. It runs one invocation at a time, as in AWS. */
export class ExecutionEnvironment {
  readonly #options: ExecutionOptions;
  readonly #server: Server;
  #child: ChildProcess | undefined;
  #queued: Invocation | undefined;
  #running: Invocation | undefined;
  #waitingForNext: ServerResponse | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  private constructor(options: ExecutionOptions, server: Server) {
    this.#options = options;
    this.#server = server;
  }

  static async start(options: ExecutionOptions): Promise<ExecutionEnvironment> {
    const server = createServer({ keepAliveTimeout: 0 });
    // Waiting for the next event may take for ever.
    server.requestTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const environment = new ExecutionEnvironment(options, server);
    server.on('request', (request, response) => void environment.#serve(request, response));
    environment.#spawn((server.address() as AddressInfo).port);
    return environment;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  invoke(requestId: string, payload: string): Promise<InvocationResult> {
    return new Promise((resolve) => {
      const finish = (result: InvocationResult): void => {
        clearTimeout(this.#timer);
        this.#running = undefined;
        this.#queued = undefined;
        resolve(result);
      };
      this.#timer = setTimeout(() => this.#timeOut(requestId, finish), this.#options.timeoutMs);
      const invocation = { requestId, payload, finish };
      this.#queued = invocation;
      if (this.#hasEnded) finish(crashed(requestId));
      else this.#hand();
    });
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Resident memory of the process, or 0 where the system doesn't tell. */
  async memoryBytes(): Promise<number> {
    const pid = this.#child?.pid;
    if (pid === undefined) return 0;
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1] ?? 0) * 1024;
  }

  #spawn(port: number): void {
    const { options } = { options: this.#options };
    const child = fork(BOOTSTRAP, [], {
      execArgv: [`--max-old-space-size=${options.memoryMb}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        TZ: ':UTC',
        ...options.environment,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_FUNCTION_NAME: options.functionName,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memoryMb),
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        LAMBDA_TASK_ROOT: options.codeDirectory,
        _HANDLER: options.handler,
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', options.onLog);
    }
    child.on('exit', () => this.#end());
    child.on('error', () => this.#end());
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#server.closeAllConnections();
    this.#server.close();
    const invocation = this.#running ?? this.#queued;
    invocation?.finish(crashed(invocation.requestId));
    this.#options.onExit();
  }

  #timeOut(requestId: string, finish: (result: InvocationResult) => void): void {
    const seconds = (this.#options.timeoutMs / 1000).toFixed(2);
    finish({
      functionError: 'Unhandled',
      payload: JSON.stringify({
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
      }),
    });
    this.kill();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const path = (request.url ?? '').replace('/2018-06-01/runtime', '');
    if (path === '/invocation/next') {
      this.#waitingForNext = response;
      this.#hand();
      return;
    }
    const body = Buffer.concat(chunks).toString('utf8');
    if (path.endsWith('/response')) this.#running?.finish({ payload: body });
    else (this.#running ?? this.#queued)?.finish({ payload: body, functionError: 'Unhandled' });
    response.writeHead(202).end();
  }

  /** Gives the queued invocation to the process once it asks for one. */
  #hand(): void {
    const invocation = this.#queued;
    const response = this.#waitingForNext;
    if (invocation === undefined || response === undefined) return;
    this.#queued = undefined;
    this.#waitingForNext = undefined;
    this.#running = invocation;
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.requestId,
      'lambda-runtime-deadline-ms': String(Date.now() + this.#options.timeoutMs),
      'lambda-runtime-invoked-function-arn': this.#options.functionArn,
    });
    response.end(invocation.payload);
  }
}

function crashed(requestId: string): InvocationResult {
  return {
    functionError: 'Unhandled',
    payload: JSON.stringify({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited without providing a reason`,
    }),
  };
}
