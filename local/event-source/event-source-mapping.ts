import { setTimeout as delay } from 'node:timers/promises';
import type { MappingDefinition, MappingDependencies } from './mapping-definition.ts';
import { ShardPoller } from './shard-poller.ts';

/** How often `drain` looks. */
const DRAIN_POLL_MS = 20;

/**
 * Lambda's event source mapping for Kinesis: each shard by itself and in order, in batches, with
 * retries, bisection, partial failures, age, parallel lanes and the on-failure destination.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export class EventSourceMapping {
  readonly #pollers: readonly ShardPoller[];
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(definition: MappingDefinition, dependencies: MappingDependencies) {
    this.#pollers = dependencies.source
      .shardIds()
      .map((id) => new ShardPoller(definition, dependencies, id, this.#stopping.signal));
    this.#running = Promise.all(this.#pollers.map((poller) => poller.run()));
  }

  /** Waits until every record in the stream is handled, at most so long. */
  async drain(boundMs: number): Promise<void> {
    const deadlineMs = performance.now() + boundMs;
    while (performance.now() < deadlineMs) {
      const caughtUp = await Promise.all(this.#pollers.map((poller) => poller.isCaughtUp()));
      if (caughtUp.every((isCaughtUp) => isCaughtUp)) return;
      await delay(DRAIN_POLL_MS);
    }
  }

  /** Ends the reading; a batch in flight ends with its function. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}
