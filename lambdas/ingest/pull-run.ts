import type { PullStates } from '../../adapters/dynamodb/pull-states.ts';
import {
  type Connector,
  type PulledPage,
  SourceRefusedError,
  SourceUnavailableError,
} from '../../adapters/sources/connector.ts';
import type { PullDocument } from '../../adapters/sources/connectors.ts';
import type { ProductFact } from '../../core/catalogue/product-fact.ts';
import {
  backOffMs,
  LEASE_MS,
  newPullState,
  notDue,
  type PullState,
} from '../../core/events/pull-state.ts';

/** What a run works with. */
export interface PullPorts {
  readonly states: PullStates;
  readonly connector: Connector;
  /** Resolves once the calls' events are durable. */
  readonly take: (calls: readonly unknown[]) => Promise<void>;
  /** Resolves once the products' facts are durable; absent in tests of connectors without products. */
  readonly takeProducts?: (products: readonly ProductFact[]) => Promise<void>;
  readonly nowMs: () => number;
}

export interface PullOptions {
  readonly sourceId: string;
  readonly document: Pick<
    PullDocument,
    'everySeconds' | 'overlapSeconds' | 'pageRecordsMax' | 'pagesMax'
  >;
  /** Tells this run from every other. */
  readonly owner: string;
  /** Begins even if the source is not due. */
  readonly isForced: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface PullReport {
  readonly outcome: /** Came to the end of what there is now. */
    | 'finished'
    /** Stopped for want of time; the next run goes on. */
    | 'paused'
    /** Another run has it, or it isn't due. */
    | 'skipped'
    /** Another run took over; what this one read is taken in again. */
    | 'lost'
    | 'failed';
  readonly reason?: string;
  readonly pageCount: number;
  readonly recordCount: number;
}

/**
 * One run over a source: page after page, the cursor moving only after a page's events are durable. So a
 * record is taken in at least once whatever happens, and behind the collector once in effect.
 */
export async function runPull(options: PullOptions, ports: PullPorts): Promise<PullReport> {
  const { sourceId, document, owner, isForced } = options;
  const nowMs = ports.nowMs();
  const before = (await ports.states.get(sourceId)) ?? newPullState;
  const reason = notDue(before, document.everySeconds, nowMs);
  if (reason === 'leased' || (reason !== undefined && !isForced)) {
    return { outcome: 'skipped', reason, pageCount: 0, recordCount: 0 };
  }
  const claimed = next(before, { lease: leaseOf(owner, nowMs), startedAtMs: nowMs });
  if (!(await ports.states.put(sourceId, claimed))) {
    return { outcome: 'skipped', reason: 'leased', pageCount: 0, recordCount: 0 };
  }
  return new Run(options, ports, claimed).execute();
}

class Run {
  readonly #options: PullOptions;
  readonly #ports: PullPorts;
  #state: PullState;
  #pageCount = 0;
  #recordCount = 0;

  constructor(options: PullOptions, ports: PullPorts, state: PullState) {
    this.#options = options;
    this.#ports = ports;
    this.#state = state;
  }

  async execute(): Promise<PullReport> {
    try {
      for (;;) {
        const page = await this.#readPage();
        if (page.calls.length > 0) await this.#ports.take(page.calls);
        if (page.products !== undefined) await this.#takeProducts(page.products);
        if (!(await this.#advance(page))) return this.#report('lost');
        if (page.isEnd) return this.#report('finished');
        if (this.#ports.nowMs() > this.#options.deadlineMs) return this.#report('paused');
      }
    } catch (error) {
      await this.#recordFailure(error);
      return this.#report('failed', kindOf(error));
    }
  }

  async #readPage(): Promise<PulledPage> {
    const { document, signal } = this.#options;
    if (this.#state.passPageCount >= document.pagesMax) {
      throw new SourceRefusedError(
        `There is no end after ${document.pagesMax} pages: check how the source pages, or raise "pagesMax" in the pull document.`,
      );
    }
    const page = await this.#ports.connector.read(this.#state.cursor, {
      nowMs: this.#ports.nowMs(),
      recordsMax: document.pageRecordsMax,
      overlapMs: document.overlapSeconds * 1000,
      signal,
    });
    const isStill = JSON.stringify(page.next) === JSON.stringify(this.#state.cursor);
    if (isStill && !page.isEnd) throw new SourceRefusedError('The cursor does not advance.');
    return page;
  }

  async #takeProducts(products: readonly ProductFact[]): Promise<void> {
    if (this.#ports.takeProducts === undefined) throw new Error('nothing takes products here');
    await this.#ports.takeProducts(products);
  }

  /** The page is durable: the cursor moves, and with the last page the lease ends. */
  #advance(page: PulledPage): Promise<boolean> {
    this.#pageCount += 1;
    this.#recordCount += page.recordCount;
    const nowMs = this.#ports.nowMs();
    const { failure: _, retryAtMs: __, ...state } = this.#state;
    this.#state = next(state, {
      cursor: { ...page.next },
      failureCount: 0,
      recordCount: state.recordCount + page.recordCount,
      passPageCount: page.isEnd ? 0 : state.passPageCount + 1,
      ...(page.isEnd
        ? { lease: { owner: this.#options.owner, untilMs: 0 }, finishedAtMs: nowMs }
        : this.#lease(nowMs)),
    });
    return this.#ports.states.put(this.#options.sourceId, this.#state);
  }

  /** A run that stops for want of time gives the source free at once. */
  #lease(nowMs: number): Pick<PullState, 'lease'> {
    const isLast = nowMs > this.#options.deadlineMs;
    return { lease: leaseOf(this.#options.owner, isLast ? -LEASE_MS : nowMs) };
  }

  async #recordFailure(error: unknown): Promise<void> {
    const failureCount = this.#state.failureCount + 1;
    const retryAtMs = this.#ports.nowMs() + backOffMs(failureCount);
    const state = next(this.#state, {
      failureCount,
      retryAtMs,
      failure: kindOf(error),
      lease: { owner: this.#options.owner, untilMs: 0 },
    });
    // Where even this can't be written, or another has taken over, the lease runs out by itself.
    await this.#ports.states.put(this.#options.sourceId, state).catch(() => false);
  }

  #report(outcome: PullReport['outcome'], reason?: string): PullReport {
    return {
      outcome,
      ...(reason === undefined ? {} : { reason }),
      pageCount: this.#pageCount,
      recordCount: this.#recordCount,
    };
  }
}

function next(state: PullState, changes: Partial<PullState>): PullState {
  return { ...state, ...changes, version: state.version + 1 };
}

function leaseOf(owner: string, nowMs: number): { owner: string; untilMs: number } {
  return { owner, untilMs: nowMs + LEASE_MS };
}

/** Ours say what to do; others' messages may repeat what they were sent. */
function kindOf(error: unknown): string {
  if (error instanceof SourceRefusedError || error instanceof SourceUnavailableError) {
    return error.message;
  }
  return error instanceof Error ? error.name : 'unknown';
}
