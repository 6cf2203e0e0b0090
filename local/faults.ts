/** Faults that tests and the demo put between the product and an engine, as networks and services do. */

export type FaultyService = 'dynamodb' | 'kinesis' | 's3' | 'sfn' | 'secretsmanager';

/**
 * What happens to a request: `refuse` destroys the socket; `hang` never answers, and ends the
 * connection when lifted; `throttle` answers with the service's throttling error, `error` with HTTP
 * 500. `partial` fails this share of the entries of Kinesis' PutRecords; `conflict` cancels DynamoDB's
 * TransactWriteItems as another transaction on the same items would.
 */
export type FaultAction =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'throttle' }
  | { readonly kind: 'error' }
  | { readonly kind: 'partial'; readonly share: number }
  | { readonly kind: 'conflict' };

export interface FaultRequest {
  readonly operation: string;
  /** Empty with S3, whose bodies are streams. */
  readonly body: Uint8Array;
  /** With S3 also `:path`, the URL's path and query. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Fault {
  readonly service: FaultyService;
  /** Only this operation, e.g. `PutItem`; every one when left out. */
  readonly operation?: string;
  readonly action: FaultAction;
  /** Lifts itself after this many hits. */
  readonly times?: number;
  readonly when?: (request: FaultRequest) => boolean;
  readonly onHit?: () => void;
}

/** A fault in force for one request: what to do, and a promise that ends when it is lifted. */
export interface ActiveFault {
  readonly action: FaultAction;
  readonly lifted: Promise<void>;
}

interface InjectedFault {
  readonly fault: Fault;
  readonly lifted: Promise<void>;
  readonly lift: () => void;
  hitCount: number;
}

/** Actions that only one operation can act out. */
const OPERATIONS_OF_ACTIONS: Readonly<
  Record<string, { readonly service: FaultyService; readonly operation: string }>
> = {
  partial: { service: 'kinesis', operation: 'PutRecords' },
  conflict: { service: 'dynamodb', operation: 'TransactWriteItems' },
};

/** The faults in force. Engines ask `match` for every request. */
export class Faults {
  readonly #injected = new Set<InjectedFault>();
  /** Hits that hang on after their fault has had its number of hits. */
  readonly #spent = new Set<InjectedFault>();

  /** @throws Error when the action has no meaning for the operation. */
  inject(asked: Fault): { lift(): void } {
    const fault = withOnlyOperation(asked);
    const { promise, resolve } = Promise.withResolvers<void>();
    const injected: InjectedFault = {
      fault,
      lifted: promise,
      lift: () => {
        this.#injected.delete(injected);
        this.#spent.delete(injected);
        resolve();
      },
      hitCount: 0,
    };
    this.#injected.add(injected);
    return { lift: injected.lift };
  }

  match(service: FaultyService, request: FaultRequest): ActiveFault | undefined {
    for (const injected of this.#injected) {
      const { fault } = injected;
      if (fault.service !== service) continue;
      if (fault.operation !== undefined && fault.operation !== request.operation) continue;
      if (fault.when !== undefined && !fault.when(request)) continue;
      injected.hitCount += 1;
      if (fault.times !== undefined && injected.hitCount >= fault.times) {
        this.#injected.delete(injected);
        if (fault.action.kind === 'hang') this.#spent.add(injected);
      }
      fault.onHit?.();
      return { action: fault.action, lifted: injected.lifted };
    }
    return undefined;
  }

  /** Lifts every fault; requests that hang are let go. */
  liftAll(): void {
    for (const injected of [...this.#injected, ...this.#spent]) injected.lift();
  }
}

function withOnlyOperation(fault: Fault): Fault {
  const only = OPERATIONS_OF_ACTIONS[fault.action.kind];
  if (only === undefined) return fault;
  const { service, operation = only.operation } = fault;
  if (service !== only.service || operation !== only.operation) {
    throw new Error(
      `A ${fault.action.kind} fault is for ${only.service}'s ${only.operation}, not for ${service}'s ${operation}.`,
    );
  }
  return { ...fault, operation };
}
