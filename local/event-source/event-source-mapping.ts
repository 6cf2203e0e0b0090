import { setTimeout as delay } from 'node:timers/promises';
import type { MappingDefinition, MappingDependencies } from './mapping-definition.ts';
import { ShardPoller } from './shard-poller.ts';

/** How often `drain` looks. */
const DRAIN_POLL_MS = 20;

/**
 * Lambda's event source mapping for Kinesis: each shard by itself and in order, in batches, with
 * retries, bisection, partial failures, age, parallel lanes and the on-failure destination. Shards
 * that resharding opens are read when their parents have come to their ends, so a partition key's
 * records stay in order.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export class EventSourceMapping {
  readonly #definition: MappingDefinition;
  readonly #dependencies: MappingDependencies;
  /** By shard, those too that have come to their ends. */
  readonly #pollers = new Map<string, ShardPoller>();
  readonly #ended = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(definition: MappingDefinition, dependencies: MappingDependencies) {
    this.#definition = definition;
    this.#dependencies = dependencies;
    const { startingPosition } = definition;
    // From the newest on, nothing that lies in a shard by now is asked for, whatever it came from.
    const isReady = startingPosition === 'LATEST' ? () => true : this.#isReady;
    this.#running = this.#runWhere(isReady, startingPosition);
  }

  /** Waits until every record in the stream is handled, at most so long. */
  async drain(boundMs: number): Promise<void> {
    const deadlineMs = performance.now() + boundMs;
    while (performance.now() < deadlineMs) {
      const pollers = [...this.#pollers.values()];
      const caughtUp = await Promise.all(pollers.map((poller) => poller.isCaughtUp()));
      const hasBegunAll = this.#dependencies.source.shardIds().length === pollers.length;
      if (hasBegunAll && caughtUp.every((isCaughtUp) => isCaughtUp)) return;
      await delay(DRAIN_POLL_MS);
    }
  }

  /** Ends the reading; a batch in flight ends with its function. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  readonly #isReady = (shardId: string): boolean =>
    this.#dependencies.source.shard(shardId).parentIds.every((id) => this.#ended.has(id));

  /** Reads the shards that are not read yet and for which the condition holds, then their children. */
  async #runWhere(
    isReady: (shardId: string) => boolean,
    startingPosition: MappingDefinition['startingPosition'],
  ): Promise<void> {
    const shardIds = this.#dependencies.source.shardIds();
    await Promise.all(
      shardIds
        .filter((id) => !this.#pollers.has(id) && isReady(id))
        .map(async (id) => {
          const definition = { ...this.#definition, startingPosition };
          const { signal } = this.#stopping;
          const poller = new ShardPoller(definition, this.#dependencies, id, signal);
          this.#pollers.set(id, poller);
          await poller.run();
          this.#ended.add(id);
          if (!signal.aborted) await this.#runWhere(this.#isReady, 'TRIM_HORIZON');
        }),
    );
  }
}
