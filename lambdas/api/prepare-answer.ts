import type { Placements } from '../../core/blocks/bundled-placements.ts';
import type { Composition } from '../../core/blocks/compose.ts';
import { customerFactsOf } from '../../core/ranking/customer-facts.ts';
import type { Placement } from '../../core/ranking/placement.ts';
import type { RankingRequest } from '../../core/ranking/ranking-request.ts';
import { requestedLimit } from '../../core/ranking/requested-limit.ts';
import { placementId } from '../../core/ranking/strategy.ts';
import { type Assignment, withOverrides } from '../../core/ranking/variant.ts';
import type { Model } from '../../core/training/model.ts';
import { notesOf } from './answer-notes.ts';
import type { Customer } from './customers.ts';
import type { LiveItems } from './live-catalogue.ts';

/** What a request asks for, as it was sent. */
export interface Query {
  readonly placement: string;
  readonly customer: string | undefined;
  readonly limit: string | undefined;
  /** A variant that is asked for by name, to look at it. */
  readonly variant?: string | undefined;
}

/** Who is shown which variant; undefined where no experiment runs on the placement. */
export type Assign = (
  placement: Placement,
  customer: Customer,
  forcedVariant: string | undefined,
  nowMs: number,
) => Assignment | undefined;

/** What was found for a request. */
export interface Found {
  readonly placements: Placements;
  readonly customer: Customer;
  readonly model: Model | undefined;
  /** Absent where no experiments are run. */
  readonly assign: Assign | undefined;
}

/** All that an answer follows from but the live catalogue. */
export interface PreparedAnswer {
  /** Whether a document of the name that was asked for was found. */
  readonly isDefined: boolean;
  /** The document that answers, with what the variant puts in the place of its own. */
  readonly placement: Placement;
  readonly assignment: Assignment | undefined;
  readonly notes: readonly string[];
  readonly base: Omit<RankingRequest, 'liveItems'>;
}

/** The one way from a request to its ranking, whoever asks: an ESP, an export, or an operator who looks why. */
export function preparedAnswer(query: Query, found: Found, nowMs: number): PreparedAnswer {
  const { placements, customer, model } = found;
  const defined = placements.find(query.placement);
  const document = defined ?? placements.fallback;
  const requested = requestedLimit(query.limit, document.limit);
  const assignment = found.assign?.(document, customer, query.variant, nowMs);
  const placement = withOverrides(document, assignment?.overrides);
  const content = placements.contentOf(placement);
  const isDefined = defined !== undefined;
  return {
    isDefined,
    placement,
    assignment,
    notes: notesOf({ isDefined, customer, placement, model, limitNote: requested.note }),
    base: {
      ...{ placement, content, limit: requested.limit, nowMs, model },
      ...personalPart(customer, nowMs),
    },
  };
}

/** What is ranked and written, with the catalogue's word on the items. */
export function compositionOf(
  query: Query,
  customer: Customer,
  { base, notes, assignment }: PreparedAnswer,
  live: LiveItems | undefined,
): Composition {
  return {
    placement: placementId.safeParse(query.placement).data ?? '',
    customer: customer.shown,
    notes,
    assignment,
    ranking: { ...base, liveItems: live?.items ?? new Map(), liveChanges: live?.changes },
  };
}

const HOUR_MS = 3_600_000;

/** A model's id begins with the time of its training; where it doesn't, its newest event stands in. */
export function ageHours(model: Model, nowMs: number): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\dZ/.exec(model.id)?.[0];
  const isoTime = time?.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:');
  const parsedMs = isoTime === undefined ? Number.NaN : Date.parse(isoTime);
  const trainedAtMs = Number.isNaN(parsedMs) ? model.asOfMs : parsedMs;
  return Math.max(0, nowMs - trainedAtMs) / HOUR_MS;
}

/** What only a customer with consent is asked for. */
function personalPart(
  customer: Customer,
  nowMs: number,
): Pick<RankingRequest, 'history' | 'customer'> {
  if (customer.kind !== 'known') return { history: [] };
  return { history: customer.profile.recent, customer: customerFactsOf(customer.profile, nowMs) };
}
