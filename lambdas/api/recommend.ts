import type { Placements, ReadPlacements } from '../../core/blocks/bundled-placements.ts';
import { composeRecommendation } from '../../core/blocks/compose.ts';
import type { Recommendation } from '../../core/blocks/recommendation.ts';
import type { Placement } from '../../core/ranking/placement.ts';
import { significantVersionOf } from '../../core/ranking/significant-version.ts';
import { isPersonal } from '../../core/ranking/strategy.ts';
import { AnswerCache } from './answer-cache.ts';
import type { CurrentModel } from './current-model.ts';
import type { Customer, Customers } from './customers.ts';
import type { LiveCatalogue, LiveItems } from './live-catalogue.ts';
import {
  type Assign,
  ageHours,
  compositionOf,
  type PreparedAnswer,
  preparedAnswer,
  type Query,
} from './prepare-answer.ts';
import { wantedItems } from './wanted-items.ts';

export interface Answer {
  readonly recommendation: Recommendation;
  /** The document that answered. */
  readonly placement: Placement;
  /** Whom it was made for; absent from an answer of the last resort. */
  readonly customer?: Customer;
  readonly facts: AnswerFacts;
  /** Milliseconds spent, by step. */
  readonly durationsMs: Readonly<Record<string, number>>;
}

/** What is counted of an answer; nothing in it is personal. */
export interface AnswerFacts {
  readonly isUnknownPlacement: boolean;
  readonly isUnknownCustomer: boolean;
  readonly isFallback: boolean;
  /** Absent while there is no model. */
  readonly modelAgeHours: number | undefined;
  /** What could not be read in time. */
  readonly unavailable: readonly string[];
}

/** What an answer is made from; made once per process, or once per step of an export. */
export interface Sources {
  readonly placements: Placements & Partial<Pick<ReadPlacements, 'ready'>>;
  readonly customers: Pick<Customers, 'find'>;
  readonly model: Pick<CurrentModel, 'get'>;
  readonly catalogue: Pick<LiveCatalogue, 'itemsOf'>;
  /** Absent where no experiments are run. */
  readonly assign?: Assign;
}

/** An answer as it is kept, with what the catalogue said of its items. */
interface KeptAnswer {
  readonly recommendation: Recommendation;
  readonly itemIds: readonly string[];
  readonly stated: string;
}

export class Recommender {
  readonly #sources: Sources;
  readonly #cache = new AnswerCache<KeptAnswer>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async answer(query: Query, nowMs: number): Promise<Answer> {
    const { placements, customers, model: models } = this.#sources;
    const startedMs = performance.now();
    const [customer, model] = await Promise.all([
      customers.find(query.customer),
      models.get(),
      placements.ready?.(),
    ]);
    const foundMs = performance.now();
    const found = { placements, customer, model, assign: this.#sources.assign };
    const prepared = preparedAnswer(query, found, nowMs);
    const { placement, base } = prepared;
    const cacheKey = cacheKeyOf(query, customer, prepared);
    const kept = await this.#keptAnswer(cacheKey);
    const live =
      kept === undefined ? await this.#sources.catalogue.itemsOf(wantedItems(base)) : undefined;
    const readMs = performance.now();
    const recommendation =
      kept ?? composeRecommendation(compositionOf(query, customer, prepared, live));
    const unavailable = unavailableOf(customer, live);
    if (unavailable.length === 0 && model !== undefined && live?.isComplete === true) {
      this.#keep(cacheKey, recommendation, live, placement.maxAgeSeconds);
    }
    return {
      recommendation,
      placement,
      customer,
      facts: {
        isUnknownPlacement: !prepared.isDefined,
        isUnknownCustomer: customer.kind === 'unknown',
        isFallback: isFallback(placement, recommendation),
        modelAgeHours: model && ageHours(model, nowMs),
        unavailable,
      },
      durationsMs: {
        sources: foundMs - startedMs,
        catalogue: readMs - foundMs,
        rank: performance.now() - readMs,
      },
    };
  }

  /** An answer that was given before, unless the catalogue says something else of its items by now. */
  async #keptAnswer(cacheKey: string): Promise<Recommendation | undefined> {
    const kept = this.#cache.get(cacheKey);
    if (kept === undefined) return undefined;
    // From memory for a minute, then read anew: never more often than the items are for all others.
    const live = await this.#sources.catalogue.itemsOf(kept.itemIds);
    return statedOf(live, kept.itemIds) === kept.stated ? kept.recommendation : undefined;
  }

  #keep(cacheKey: string, recommendation: Recommendation, live: LiveItems, seconds: number): void {
    const itemIds = recommendation.items
      .filter(({ rung }) => rung !== 'static')
      .map(({ item_id }) => item_id);
    const stated = statedOf(live, itemIds);
    this.#cache.set(cacheKey, { recommendation, itemIds, stated }, seconds);
  }
}

/** Price and stock of items, by which an answer that lists them stands or falls. */
function statedOf({ items }: LiveItems, itemIds: readonly string[]): string {
  return itemIds
    .map((id) => {
      const item = items.get(id);
      return `${item?.price} ${item?.currency} ${item?.available}`;
    })
    .join();
}

function unavailableOf(customer: Customer, live: LiveItems | undefined): string[] {
  const unavailable: string[] = [];
  if (customer.kind === 'unreadable') unavailable.push(customer.dependency);
  if (live?.isRead === false) unavailable.push('catalogue');
  return unavailable;
}

/** Everything that the answer follows from but the clock, which its age bounds, and the live catalogue. */
function cacheKeyOf(query: Query, customer: Customer, prepared: PreparedAnswer): string {
  const { base, assignment, notes } = prepared;
  const { placement, limit, model, nowMs } = base;
  const profile =
    customer.kind === 'known' && base.customer !== undefined
      ? [customer.profile.profileId, significantVersionOf(customer.profile, base.customer, nowMs)]
      : [];
  const parts = [query.placement, placement.id, placement.version, limit, customer.kind];
  const variant = [assignment?.experiment, assignment?.variant];
  return JSON.stringify([...parts, customer.shown, ...profile, model?.id, ...variant, notes]);
}

/** A placement that begins with the customer falls back when it answers with what everybody gets. */
function isFallback(placement: Placement, { source }: Recommendation): boolean {
  return isPersonal(placement.ladder[0]) && source !== 'personal' && source !== 'recent';
}
