import type { RefusedIdentities } from '../../adapters/s3/failures.ts';
import type { EventRefusal } from '../../core/profile/fold-deliveries.ts';

/** Customers of one day that a process remembers having written of. */
const REMEMBERED_MAX = 10_000;

/**
 * Keeps what was refused of a customer's identities, once a day for each customer and process: an integration
 * that makes up an id per event would write a file per event. The alarm rings for their number; a file
 * shows which events they are.
 */
export class RefusalKeeper {
  readonly #write: (refused: RefusedIdentities) => Promise<void>;
  readonly #onFailure: () => void;
  readonly #kept = new Set<string>();

  constructor(write: (refused: RefusedIdentities) => Promise<void>, onFailure: () => void) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  /** Never rejects: the events have had their effect, and must not come again for a file. */
  async keep(refused: readonly EventRefusal[]): Promise<void> {
    const byCustomer = Map.groupBy(refused, ({ profileId }) => profileId);
    await Promise.all(Array.from(byCustomer, ([id, refusals]) => this.#keepOf(id, refusals)));
  }

  async #keepOf(profileId: string, refusals: readonly EventRefusal[]): Promise<void> {
    const [first] = refusals;
    if (first === undefined) return;
    const day = first.event.receivedAt.slice(0, 10);
    const key = `${day} ${profileId}`;
    if (this.#kept.has(key)) return;
    if (this.#kept.size >= REMEMBERED_MAX) this.#kept.clear();
    this.#kept.add(key);
    const identities = [...new Set(refusals.map(({ identity }) => identity))];
    try {
      await this.#write({ day, profileId, identities, event: first.event });
    } catch {
      this.#kept.delete(key);
      this.#onFailure();
    }
  }
}
