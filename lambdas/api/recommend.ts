import type { Placements } from '../../core/blocks/bundled-placements.ts';
import { composeRecommendation } from '../../core/blocks/compose.ts';
import type { Recommendation } from '../../core/blocks/recommendation.ts';
import { isPersonal, rank } from '../../core/ranking/ladder.ts';
import { LIMIT_MAX, type Placement, placementId } from '../../core/ranking/placement.ts';
import type { RankingRequest } from '../../core/ranking/ranking-request.ts';
import { requestedLimit } from '../../core/ranking/requested-limit.ts';
import type { HistoryEntry, Model } from '../../core/training/model.ts';
import { AnswerCache } from './answer-cache.ts';
import type { CurrentModel } from './current-model.ts';
import type { Customer, Customers } from './customers.ts';
import type { LiveCatalogue, LiveItems } from './live-catalogue.ts';

/** What a request asks for, as it was sent. */
export interface Query {
  readonly placement: string;
  readonly customer: string | undefined;
  readonly limit: string | undefined;
}

export interface Answer {
  readonly recommendation: Recommendation;
  /** The document that answered. */
  readonly placement: Placement;
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
  readonly placements: Placements;
  readonly customers: Pick<Customers, 'find'>;
  readonly model: Pick<CurrentModel, 'get'>;
  readonly catalogue: Pick<LiveCatalogue, 'itemsOf'>;
}

/** Candidates looked up in the catalogue per item wanted: the spare ones replace what is sold out. */
const CANDIDATES_PER_ITEM = 2;
const HOUR_MS = 3_600_000;

export class Recommender {
  readonly #sources: Sources;
  readonly #cache = new AnswerCache<Recommendation>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async answer(query: Query, nowMs: number): Promise<Answer> {
    const { placements, customers, model: models } = this.#sources;
    const startedMs = performance.now();
    const defined = placements.find(query.placement);
    const placement = defined ?? placements.fallback;
    const requested = requestedLimit(query.limit, placement.limit);
    const [customer, model] = await Promise.all([customers.find(query.customer), models.get()]);
    const foundMs = performance.now();
    const content = placements.contentOf(placement);
    const history = customer.kind === 'known' ? customer.profile.recent : [];
    const base = { placement, content, limit: requested.limit, nowMs, model, history };
    const notes = notesOf(defined !== undefined, customer, base, requested.note);
    const cacheKey = cacheKeyOf(query.placement, base, customer, notes);
    const cached = this.#cache.get(cacheKey);
    const live = cached === undefined ? await this.#liveItems(base) : undefined;
    const readMs = performance.now();
    const unavailable = unavailableOf(customer, live);
    const recommendation =
      cached ??
      composeRecommendation({
        placement: placementId.safeParse(query.placement).data ?? '',
        customer: customer.shown,
        notes,
        ranking: { ...base, liveItems: live?.items ?? new Map() },
      });
    if (unavailable.length === 0 && model !== undefined && live?.isComplete === true) {
      this.#cache.set(cacheKey, recommendation, placement.maxAgeSeconds);
    }
    return {
      recommendation,
      placement,
      facts: {
        isUnknownPlacement: defined === undefined,
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

  /** The catalogue's word on what would be shown, with spare ones, and on what the customer did. */
  async #liveItems(base: Omit<RankingRequest, 'liveItems'>): Promise<LiveItems> {
    const limit = base.limit * CANDIDATES_PER_ITEM;
    const candidates = rank({ ...base, limit, liveItems: new Map() })
      .items.filter(({ source }) => source !== 'static')
      .map(({ item }) => item.itemId);
    // Items newer than the model are known only here; the newest deeds matter most.
    const unknown = base.history
      .map(({ itemId }) => itemId)
      .filter((id) => base.model?.indexOf.has(id) !== true)
      .slice(0, LIMIT_MAX);
    return this.#sources.catalogue.itemsOf([...unknown, ...candidates]);
  }
}

function notesOf(
  isDefined: boolean,
  customer: Customer,
  base: {
    readonly placement: Placement;
    readonly model: Model | undefined;
    readonly history: readonly HistoryEntry[];
  },
  limitNote: string | undefined,
): string[] {
  const notes: string[] = [];
  if (!isDefined) notes.push('there is no placement of this name');
  const customerNote = noteOnCustomer(customer, isPersonal(base.placement.ladder[0]));
  if (customerNote !== undefined) notes.push(customerNote);
  if (base.model === undefined) notes.push('no model can be used yet');
  if (limitNote !== undefined) notes.push(limitNote);
  return notes;
}

function noteOnCustomer(customer: Customer, isExpected: boolean): string | undefined {
  switch (customer.kind) {
    case 'absent':
      return isExpected ? 'no customer was named' : undefined;
    case 'refused-email':
      return 'an email address was refused as customer: send an id or the SHA-256 of the address';
    case 'refused-length':
      return 'the customer key was refused: it is too long for an id';
    case 'unknown':
      return 'the customer is unknown';
    case 'no-consent':
      return 'the customer has not agreed to personalisation';
    case 'suppressed':
      return 'the customer gets no email: unsubscribed, complained or not reachable';
    case 'unreadable':
      return 'the customer could not be looked up in time';
    case 'known':
      return isExpected && customer.profile.recent.length === 0
        ? 'the customer has not looked at anything yet'
        : undefined;
  }
}

function unavailableOf(customer: Customer, live: LiveItems | undefined): string[] {
  const unavailable: string[] = [];
  if (customer.kind === 'unreadable') unavailable.push(customer.dependency);
  if (live?.isRead === false) unavailable.push('catalogue');
  return unavailable;
}

/** Everything that the answer follows from but the clock and the live catalogue, which its age bounds. */
function cacheKeyOf(
  asked: string,
  base: Omit<RankingRequest, 'liveItems'>,
  customer: Customer,
  notes: readonly string[],
): string {
  const profile =
    customer.kind === 'known' ? [customer.profile.profileId, customer.profile.version] : [];
  const { placement, limit, model } = base;
  const parts = [asked, placement.id, placement.version, limit, customer.kind, customer.shown];
  return JSON.stringify([...parts, ...profile, model?.id, notes]);
}

/** A placement that begins with the customer falls back when it answers with what everybody gets. */
function isFallback(placement: Placement, { source }: Recommendation): boolean {
  return isPersonal(placement.ladder[0]) && source !== 'personal' && source !== 'recent';
}

/** A model's id begins with the time of its training; where it doesn't, its newest event stands in. */
function ageHours(model: Model, nowMs: number): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\dZ/.exec(model.id)?.[0];
  const isoTime = time?.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:');
  const parsedMs = isoTime === undefined ? Number.NaN : Date.parse(isoTime);
  const trainedAtMs = Number.isNaN(parsedMs) ? model.asOfMs : parsedMs;
  return Math.max(0, nowMs - trainedAtMs) / HOUR_MS;
}
