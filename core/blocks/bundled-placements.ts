import type { Placement, StaticContent } from '../ranking/placement.ts';
import { evergreen } from './content/evergreen.ts';
import { afterOrder } from './placements/after-order.ts';
import { browseRecovery } from './placements/browse-recovery.ts';
import { cartRecovery } from './placements/cart-recovery.ts';
import { forYou } from './placements/for-you.ts';
import { popular } from './placements/popular.ts';
import { priceDrops } from './placements/price-drops.ts';
import { recentlyViewed } from './placements/recently-viewed.ts';
import { replenish } from './placements/replenish.ts';
import { whatsNew } from './placements/whats-new.ts';

/**
 * The placements and the static content that are bundled with the function, so that no store stands
 * between a request and its last rung. The compiler checks their form, a test what only their schemas tell (reading nine
 * documents by a schema took a tenth of a cold start); a ladder that ends nowhere fails when the module loads: at
 * deployment, never at a request.
 */
export interface Placements {
  /** The placement of this id, or undefined. */
  find(id: string): Placement | undefined;
  /** What answers for a placement that nobody defined: nothing in it depends on a customer. */
  readonly fallback: Placement;
  /** The static content a placement's ladder ends in. */
  contentOf(placement: Placement): StaticContent;
  /** All of them. */
  list(): readonly Placement[];
}

/** Resolves when documents that are read from a store are there, or won't be in time. */
export interface ReadPlacements extends Placements {
  ready(): Promise<void>;
}

export const bundledPlacements: Placements = placementsOf(
  [
    forYou,
    recentlyViewed,
    popular,
    cartRecovery,
    browseRecovery,
    afterOrder,
    replenish,
    whatsNew,
    priceDrops,
  ],
  [evergreen],
  'popular',
);

/**
 * Makes documents findable.
 * @throws Error when a ladder ends in content that is not there, or the fallback is missing.
 */
export function placementsOf(
  placementDocuments: readonly Placement[],
  contentDocuments: readonly StaticContent[],
  fallbackId: string,
): Placements {
  const placements = byId(placementDocuments);
  const contents = byId(contentDocuments);
  const contentOf = (of: Placement): StaticContent => {
    const last = of.ladder.at(-1);
    const content = last?.kind === 'static' ? contents.get(last.content) : undefined;
    if (content === undefined) {
      throw new Error(`Placement ${of.id} ends in static content that no document holds.`);
    }
    return content;
  };
  for (const each of placements.values()) contentOf(each);
  const fallback = placements.get(fallbackId);
  if (fallback === undefined) throw new Error(`No document holds the placement ${fallbackId}.`);
  return {
    find: (id) => placements.get(id),
    fallback,
    contentOf,
    list: () => [...placements.values()],
  };
}

/** What is bundled, with documents of operators in the place of those of their ids, and beside them. */
export function withDocuments(
  bundled: Placements,
  documents: ReadonlyMap<string, Placement>,
): Placements {
  const find = (id: string) => documents.get(id) ?? bundled.find(id);
  return {
    find,
    fallback: documents.get(bundled.fallback.id) ?? bundled.fallback,
    contentOf: bundled.contentOf,
    list: () => {
      const ids = new Set([...bundled.list().map(({ id }) => id), ...documents.keys()]);
      return [...ids].sort().flatMap((id) => find(id) ?? []);
    },
  };
}

/** Why a document can't serve although its form is right; undefined where it can. */
export function servingProblem(document: Placement): string | undefined {
  try {
    bundledPlacements.contentOf(document);
    return undefined;
  } catch {
    return 'the ladder ends in static content that is not bundled; name evergreen';
  }
}

function byId<T extends { readonly id: string }>(documents: readonly T[]): Map<string, T> {
  return new Map(documents.map((document) => [document.id, document]));
}
