import type * as z from 'zod';
import type { Placement, StaticContent } from '../ranking/placement.ts';
import { placementDocument, staticContent } from '../ranking/placement.ts';
import evergreen from './content/evergreen.json' with { type: 'json' };
import afterOrder from './placements/after-order.json' with { type: 'json' };
import browseRecovery from './placements/browse-recovery.json' with { type: 'json' };
import cartRecovery from './placements/cart-recovery.json' with { type: 'json' };
import forYou from './placements/for-you.json' with { type: 'json' };
import popular from './placements/popular.json' with { type: 'json' };
import priceDrops from './placements/price-drops.json' with { type: 'json' };
import recentlyViewed from './placements/recently-viewed.json' with { type: 'json' };
import replenish from './placements/replenish.json' with { type: 'json' };
import whatsNew from './placements/whats-new.json' with { type: 'json' };

/**
 * The placements and the static content that are bundled with the function, so that no store stands
 * between a request and its last rung. A document is checked when it is first asked for, since a process needs two or
 * three of them and checking all took a tenth of its start; synthesizing asks for all, so that one that doesn't hold
 * fails at deployment, never at a request.
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
  {
    'for-you': forYou,
    'recently-viewed': recentlyViewed,
    popular,
    'cart-recovery': cartRecovery,
    'browse-recovery': browseRecovery,
    'after-order': afterOrder,
    replenish,
    'whats-new': whatsNew,
    'price-drops': priceDrops,
  },
  { evergreen },
  'popular',
);

/**
 * Makes documents findable by their ids. What looks one up throws what is wrong with it, `list` what is wrong with any.
 * @throws ZodError when a document has not its form.
 * @throws Error when a ladder ends in content that is not there, a document has another id, or the fallback is missing.
 */
export function placementsOf(
  placementDocuments: Readonly<Record<string, unknown>>,
  contentDocuments: Readonly<Record<string, unknown>>,
  fallbackId: string,
): Placements {
  const placements = checkedWhenAsked(placementDocuments, placementDocument);
  const contents = checkedWhenAsked(contentDocuments, staticContent);
  const contentOf = (of: Placement): StaticContent => {
    const last = of.ladder.at(-1);
    const content = last?.kind === 'static' ? contents.find(last.content) : undefined;
    if (content === undefined) {
      throw new Error(`Placement ${of.id} ends in static content that no document holds.`);
    }
    return content;
  };
  return {
    find: (id) => placements.find(id),
    get fallback() {
      const fallback = placements.find(fallbackId);
      if (fallback === undefined) throw new Error(`No document holds the placement ${fallbackId}.`);
      return fallback;
    },
    contentOf,
    list() {
      const all = placements.list();
      for (const each of [...all, this.fallback]) contentOf(each);
      return all;
    },
  };
}

interface Documents<Document> {
  find(id: string): Document | undefined;
  list(): readonly Document[];
}

/** Documents by their ids, each checked when it is first asked for. */
function checkedWhenAsked<Document extends { readonly id: string }>(
  documents: Readonly<Record<string, unknown>>,
  schema: z.ZodType<Document>,
): Documents<Document> {
  const checked = new Map<string, Document>();
  const find = (id: string): Document | undefined => {
    const known = checked.get(id);
    if (known !== undefined || !Object.hasOwn(documents, id)) return known;
    // Interpreted: compiling a schema takes longer than the few readings of it.
    const document = schema.parse(documents[id], { jitless: true });
    if (document.id !== id) throw new Error(`The document ${id} has the id ${document.id}.`);
    checked.set(id, document);
    return document;
  };
  return { find, list: () => Object.keys(documents).flatMap((id) => find(id) ?? []) };
}

/** What is bundled, with documents of operators in the place of those of their ids, and beside them. */
export function withDocuments(
  bundled: Placements,
  documents: ReadonlyMap<string, Placement>,
): Placements {
  const find = (id: string) => documents.get(id) ?? bundled.find(id);
  return {
    find,
    get fallback() {
      return documents.get(bundled.fallback.id) ?? bundled.fallback;
    },
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
