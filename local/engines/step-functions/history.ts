import type { JsonObject } from './json.ts';
import { StateError } from './state-error.ts';

/** AWS's limit on an execution's history; it also ends a machine that loops for ever. */
export const HISTORY_EVENTS_MAX = 25_000;

/** One event as GetExecutionHistory gives it, but for the timestamp's unit. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestampMs: number;
  /** The name of the member that holds the details, e.g. `taskFailedEventDetails`. */
  readonly detailsKey?: string;
  readonly details?: JsonObject;
}

/** An execution's growing list of events. Each branch keeps its own place in it. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #nowMs: () => number;
  readonly #onEvent: (event: HistoryEvent) => void;
  #isClosed = false;

  constructor(nowMs: () => number, onEvent: (event: HistoryEvent) => void) {
    this.#nowMs = nowMs;
    this.#onEvent = onEvent;
  }

  /** The last event's branches may still run when the execution has ended: what they say is not history. */
  add(previousEventId: number, type: string, detailsKey?: string, details?: JsonObject): number {
    if (this.#isClosed) return previousEventId;
    if (this.events.length >= HISTORY_EVENTS_MAX - 1 && !type.startsWith('Execution')) {
      throw new StateError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${HISTORY_EVENTS_MAX}).`,
      );
    }
    const event: HistoryEvent = {
      id: this.events.length + 1,
      previousEventId,
      type,
      timestampMs: this.#nowMs(),
      ...(detailsKey === undefined || details === undefined ? {} : { detailsKey, details }),
    };
    this.events.push(event);
    this.#onEvent(event);
    return event.id;
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** One branch's place in the history: its next event follows its last. */
export class Trail {
  readonly #history: History;
  #lastEventId: number;

  constructor(history: History, lastEventId: number) {
    this.#history = history;
    this.#lastEventId = lastEventId;
  }

  add(type: string, detailsKey?: string, details?: JsonObject): void {
    this.#lastEventId = this.#history.add(this.#lastEventId, type, detailsKey, details);
  }

  /** The beginning of a branch, at this place. */
  fork(): Trail {
    return new Trail(this.#history, this.#lastEventId);
  }
}
