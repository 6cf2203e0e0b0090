/**
 * The threads that the kernels run on, with the memory that they share. Make one for a process, outside
 * of the handler, and give it to every call; calls wait for each other. Its memory grows with the largest
 * job so far, up to 4 GB, and is given back by `close`.
 *
 * Work is dealt in small pieces to whichever thread is free, and no piece depends on who does it: a
 * result is the same on any number of threads.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Arena } from './arena.ts';
import { callKernel, compiledModule, newMemory } from './instance.ts';
import { KernelThreadError } from './kernel-error.ts';
import { workerSource } from './worker-source.ts';

export interface KernelPoolOptions {
  /** Threads that compute; 1 computes in the calling thread. As many as there are processors where absent. */
  readonly threads?: number;
  /** Starts a thread that runs this text; `node:worker_threads`' where absent. */
  readonly startWorker?: (source: string) => Worker;
}

/** More threads than any machine that trains has; a typing error is not to start thousands. */
const THREADS_MAX = 256;
/** So long the calling thread computes before it lets timers and sockets have their turn. */
const TURN_MS_MAX = 20;

/** What a job may do: lay arrays, call a kernel once, and let all threads call one until it is done. */
export interface KernelJob {
  readonly threads: number;
  readonly arena: Arena;
  /** Calls a kernel in this thread. */
  call(name: string, ...parameters: number[]): number;
  /** All threads call `name(job, thread)` until it returns 0. `job` begins with its atomic counter, set to 0 here. */
  parallel(name: string, job: number): Promise<void>;
}

export class KernelPool {
  readonly #startWorker: (source: string) => Worker;
  #threads: number;
  #machine: Machine | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor({
    threads = availableParallelism(),
    startWorker = startThread,
  }: KernelPoolOptions = {}) {
    if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX) {
      throw new RangeError(`threads is ${threads}; give a whole number from 1 to ${THREADS_MAX}.`);
    }
    this.#threads = threads;
    this.#startWorker = startWorker;
  }

  /** Threads that compute; 1 once it turned out that this process may start none. */
  get threads(): number {
    return this.#threads;
  }

  /** Does the work once all earlier work is done, with the memory to itself. */
  run<Result>(work: (job: KernelJob) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) {
      return Promise.reject(new KernelThreadError('The pool of kernel threads is closed.'));
    }
    const result = this.#queue.then(async () => {
      // A thread may have died with nothing to do; that is no failure of this job.
      if (this.#machine?.hasFailed) await this.#stop(this.#machine);
      this.#machine ??= this.#start();
      const machine = this.#machine;
      return machine.do(work).catch(async (error: unknown) => {
        // What is left of a job that failed midway is not computed with again.
        if (error instanceof KernelThreadError) await this.#stop(machine);
        throw error;
      });
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Ends the threads once all work is done and gives the memory back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue;
    if (this.#machine !== undefined) await this.#stop(this.#machine);
  }

  #start(): Machine {
    const module = compiledModule();
    let workers: Worker[] = [];
    try {
      for (let thread = 0; this.#threads > 1 && thread < this.#threads; thread += 1) {
        workers.push(this.#startWorker(workerSource));
      }
    } catch {
      // A process without the permission to start threads computes in the one that it has.
      for (const worker of workers) void worker.terminate();
      workers = [];
      this.#threads = 1;
    }
    return new Machine(module, workers);
  }

  async #stop(machine: Machine): Promise<void> {
    this.#machine = undefined;
    await machine.stop();
  }
}

function startThread(source: string): Worker {
  // Flags of the process, such as a test runner's loaders, are not for this text.
  return new Worker(source, { eval: true, execArgv: [] });
}

interface Pending {
  readonly run: number;
  waitingFor: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A memory with the threads that compute on it. */
class Machine {
  readonly #exports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #workers: readonly Worker[];
  #pending: Pending | undefined;
  #runs = 0;
  #failure: KernelThreadError | undefined;

  constructor(module: WebAssembly.Module, workers: readonly Worker[]) {
    const memory = newMemory();
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    this.#memory = memory;
    this.#workers = workers;
    for (const worker of workers) {
      worker.on('message', (answer: { run: number; error?: string }) => this.#answered(answer));
      worker.on('error', (error) => this.#fail(`A kernel thread failed: ${error.message}`));
      worker.on('exit', (code) => this.#fail(`A kernel thread ended with code ${code} at work.`));
      worker.postMessage({ module, memory });
      worker.unref();
    }
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  do<Result>(work: (job: KernelJob) => Promise<Result>): Promise<Result> {
    const arena = new Arena(this.#memory);
    return work({
      threads: Math.max(1, this.#workers.length),
      arena,
      call: (name, ...parameters) => callKernel(this.#exports, name, parameters),
      parallel: (name, job) => {
        arena.u32(job, 1)[0] = 0;
        return this.#workers.length === 0 ? this.#alone(name, job) : this.#together(name, job);
      },
    });
  }

  async stop(): Promise<void> {
    this.#failure ??= new KernelThreadError('The pool of kernel threads is closed.');
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #alone(name: string, job: number): Promise<void> {
    let turnBeganMs = performance.now();
    while (callKernel(this.#exports, name, [job, 0]) !== 0) {
      if (performance.now() - turnBeganMs < TURN_MS_MAX) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnBeganMs = performance.now();
    }
  }

  async #together(name: string, job: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // A process that only waits for its threads is to stay; one that has no work for them may end.
    for (const worker of this.#workers) worker.ref();
    this.#runs += 1;
    const run = this.#runs;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#pending = { run, waitingFor: this.#workers.length, resolve, reject };
        for (const [thread, worker] of this.#workers.entries()) {
          worker.postMessage({ run, name, job, thread });
        }
      });
    } finally {
      this.#pending = undefined;
      for (const worker of this.#workers) worker.unref();
    }
  }

  #answered({ run, error }: { run: number; error?: string }): void {
    if (error !== undefined) this.#fail(`A kernel thread failed: ${error}`);
    const pending = this.#pending;
    if (pending === undefined || pending.run !== run) return;
    pending.waitingFor -= 1;
    if (pending.waitingFor === 0) pending.resolve();
  }

  #fail(reason: string): void {
    const remedy =
      'Nothing of the job is kept; run it again, with more memory where it was too little.';
    this.#failure ??= new KernelThreadError(`${reason} ${remedy}`);
    this.#pending?.reject(this.#failure);
  }
}
