import { writtenRecommendation } from '../../core/blocks/compose.ts';
import { DROPS_SHOWN_MAX, type Preview } from '../../core/blocks/preview.ts';
import type { ErasedIdentity } from '../../core/identity/erased-identity.ts';
import { RECENT_INTERACTIONS_MAX } from '../../core/profile/profile.ts';
import { DropTally } from '../../core/ranking/drop-tally.ts';
import { rank } from '../../core/ranking/ladder.ts';
import { itemOf, type RankingRequest } from '../../core/ranking/ranking-request.ts';
import type { ExperimentRead } from './current-experiments.ts';
import type { Customer } from './customers.ts';
import type { LiveItems } from './live-catalogue.ts';
import { ageHours, compositionOf, type PreparedAnswer, type Query } from './prepare-answer.ts';
import type { PreviewQuery } from './preview-input.ts';

/** All that a preview tells of. */
export interface Previewed {
  readonly query: Query;
  readonly asked: PreviewQuery;
  /** As of the moment that was asked for. */
  readonly customer: Customer;
  readonly erased: ErasedIdentity | undefined;
  readonly prepared: PreparedAnswer;
  readonly live: LiveItems;
  readonly experiments: ExperimentRead;
  readonly isEdited: boolean;
  readonly nowMs: number;
}

/** Ranks as serving does, and tells what it came from. */
export function writtenPreview(of: Previewed): Omit<Preview, 'durationsMs'> {
  const { query, asked, customer, prepared, live, nowMs } = of;
  const { placement, base, notes, assignment } = prepared;
  const tally = new DropTally();
  const composition = compositionOf(query, customer, prepared, live);
  const ranking = { ...composition.ranking, onDrop: tally.onDrop };
  const ranked = rank(ranking);
  const { items, source, reason, position } = writtenRecommendation(composition, ranked);
  return {
    at: new Date(base.nowMs).toISOString(),
    isAtChosen: asked.at !== undefined,
    placement: {
      id: placement.id,
      version: placement.version,
      isEdited: of.isEdited,
      heading: placement.heading,
      template: placement.template ?? null,
      ladder: placement.ladder.map(({ kind }) => kind),
      limit: base.limit,
    },
    model:
      base.model === undefined
        ? null
        : {
            id: base.model.id,
            ageHours: ageHours(base.model, nowMs),
            isChosen: asked.model !== undefined,
          },
    assignment:
      assignment === undefined
        ? null
        : {
            experiment: assignment.experiment,
            variant: assignment.variant,
            isForced: asked.variant !== undefined && asked.variant !== '',
            position,
          },
    customer: customerPart(of),
    source,
    reason,
    notes: [...notes],
    items: items.map((item, index) => ({
      place: index + 1,
      itemId: item.item_id,
      title: item.title,
      price: item.price,
      priceText: item.price_text,
      currency: item.currency,
      url: item.url,
      imageUrl: item.image_url,
      rung: item.rung,
      source: ranked.items[index]?.source ?? source,
      score: ranked.items[index]?.score ?? null,
      reason: item.reason,
    })),
    drops: dropsOf(tally, ranking, new Set(items.map(({ item_id: itemId }) => itemId))),
    limits: limitsOf(of),
  };
}

function customerPart({ customer, erased, prepared }: Previewed): Preview['customer'] {
  const { history } = prepared.base;
  const newestMs = Math.max(...history.map(({ timeMs }) => timeMs));
  const state = erased !== undefined ? 'erased' : customer.kind;
  // Refused keys and unreadable stores are problems before anything is ranked.
  if (state === 'unreadable' || state === 'refused-email' || state === 'refused-length') {
    throw new Error(`a preview was made of a customer who is ${state}`);
  }
  return {
    state,
    explanation: explanations[state],
    deedCount: history.length,
    newestDeedAt: history.length === 0 ? null : new Date(newestMs).toISOString(),
  };
}

const explanations: Readonly<Record<Preview['customer']['state'], string>> = {
  absent: 'Nobody is named: this is what everybody gets of whom nothing is said.',
  unknown:
    'No profile lies under this key: nothing was received of the customer yet, or under another key than this one.',
  erased: 'The customer was erased. Nothing is kept, and the answer is what everybody gets.',
  'no-consent':
    'The customer refused personalisation, so that nothing personal is read: the answer is what everybody gets.',
  suppressed:
    'The customer gets no email (unsubscribed, complained or not reachable): the answer is what everybody gets.',
  known: 'The customer is known, and what they did is used.',
};

function dropsOf(
  tally: DropTally,
  ranking: RankingRequest,
  listed: ReadonlySet<string>,
): Preview['drops'] {
  return tally.groups().map(({ rule, items }) => ({
    rule,
    itemCount: items.length,
    items: items.slice(0, DROPS_SHOWN_MAX).map(({ itemId, rungs }) => ({
      itemId,
      title: itemOf(ranking, itemId)?.title ?? '',
      rungs: [...rungs],
      isListed: listed.has(itemId),
    })),
  }));
}

/** What a reader must not take this document's word for. */
function limitsOf(of: Previewed): string[] {
  const { asked, prepared, experiments } = of;
  const { placement, base } = prepared;
  const limits = [
    `an answer given before may be kept for ${placement.maxAgeSeconds} s, and longer by the ESP`,
  ];
  if (asked.at !== undefined) limits.push(...momentLimits(asked.at, of));
  const { variant } = asked;
  if (variant !== undefined && variant !== '') {
    const named = experiments.experiments
      .filter((each) => each.placement === placement.id)
      .filter(({ variants }) => variants.some(({ id }) => id === variant))
      .map(({ experimentId }) => experimentId);
    if (named.length > 1) {
      limits.push(
        `several experiments have a variant of this name (${named.join(', ')}): the first is shown`,
      );
    }
  }
  if (experiments.unusableIds.length > 0) {
    limits.push(
      `stored experiments that can’t be used are left out: ${experiments.unusableIds.join(', ')}`,
    );
  }
  if (base.model === undefined) limits.push('no model was published yet');
  return limits;
}

function momentLimits(atMs: number, { asked, prepared }: Previewed): string[] {
  const { model } = prepared.base;
  const limits = [
    'titles, prices and stock are the catalogue’s of now',
    'the placement and the experiments are the documents of now; starts and ends are judged at the moment',
    'consent, suppression, interests and remembered variants are the customer’s of now',
    `of an item only the latest deed of a kind is remembered, and ${RECENT_INTERACTIONS_MAX} deeds in all: what was overwritten since is missing`,
  ];
  if (asked.model === undefined) {
    limits.push(
      'the model is the current one, whichever served at the moment: name another by model',
    );
  }
  if (model !== undefined && model.asOfMs > atMs) {
    limits.push('the model has learnt from what came after the moment');
  }
  return limits;
}
