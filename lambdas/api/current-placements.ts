import {
  type Placements,
  type ReadPlacements,
  servingProblem,
  withDocuments,
} from '../../core/blocks/bundled-placements.ts';
import type { Placement, StaticContent } from '../../core/ranking/placement.ts';
import { StoreLook } from './store-look.ts';
import { budgetsMs, within } from './time-budget.ts';

/** Documents of the store, and the ids of those that can't be read. */
export interface PlacementRead {
  readonly documents: ReadonlyMap<string, Placement>;
  readonly malformed: readonly string[];
}

/** How old a look at the documents may be: an edit is in force everywhere this much later. */
const REFRESH_EVERY_MS = 15_000;
/** Ends a look that hangs, so that the next can begin. */
const READ_MS_MAX = 2_000;

/**
 * The placements as operators have edited them, over those that are bundled. Read beside the requests, never by
 * one: each may start a look at the store when the last is old, and goes on with what is there. A look that
 * fails, and a document that can't be read, leave the last good one in its place.
 */
export class CurrentPlacements implements ReadPlacements {
  readonly #bundled: Placements;
  readonly #read: (signal: AbortSignal) => Promise<PlacementRead>;
  readonly #onFailure: (reason: string) => void;
  #documents: ReadonlyMap<string, Placement> = new Map();
  #current: Placements;
  readonly #looks = new StoreLook(() => this.#look());
  #isFirst = true;

  constructor(
    bundled: Placements,
    read: (signal: AbortSignal) => Promise<PlacementRead>,
    onFailure: (reason: string) => void,
  ) {
    this.#bundled = bundled;
    this.#current = bundled;
    this.#read = read;
    this.#onFailure = onFailure;
  }

  find(id: string): Placement | undefined {
    return this.#current.find(id);
  }

  get fallback(): Placement {
    return this.#current.fallback;
  }

  contentOf(placement: Placement): StaticContent {
    return this.#current.contentOf(placement);
  }

  list(): readonly Placement[] {
    return this.#current.list();
  }

  /** Looks at the store where that is due. Only a process's first requests wait for it, no longer than the budget. */
  async ready(): Promise<void> {
    this.refresh();
    const refreshing = this.#looks.running;
    if (!this.#isFirst || refreshing === undefined) return;
    await within(budgetsMs.firstPlacements, () => refreshing);
    this.#isFirst = false;
  }

  /** Looks at the store unless somebody just did, without anybody waiting. */
  refresh(): void {
    this.#looks.refresh();
  }

  async #look(): Promise<number> {
    const read = await within(READ_MS_MAX, (signal) => this.#read(signal));
    if (!read.ok) {
      this.#onFailure(`the documents could not be read (${read.cause})`);
      this.#isFirst = false;
      return REFRESH_EVERY_MS;
    }
    const documents = new Map<string, Placement>();
    for (const [id, document] of read.value.documents) {
      const problem = servingProblem(document);
      if (problem === undefined) documents.set(id, document);
      else this.#keepLast(id, problem, documents);
    }
    for (const id of read.value.malformed) this.#keepLast(id, 'it has not the form', documents);
    this.#documents = documents;
    this.#current = withDocuments(this.#bundled, documents);
    this.#isFirst = false;
    return REFRESH_EVERY_MS;
  }

  #keepLast(id: string, problem: string, documents: Map<string, Placement>): void {
    this.#onFailure(`placement ${id} cannot be used: ${problem}`);
    const last = this.#documents.get(id);
    if (last !== undefined) documents.set(id, last);
  }
}
