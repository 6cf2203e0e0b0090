import { BEST_MAX } from '../../kernels/fold-in.ts';
import type { Item } from '../catalogue/item.ts';
import { type FoldedIn, foldIn } from '../training/fold-in.ts';
import type { HistoryEntry, Model } from '../training/model.ts';
import { bestFirst } from './best-first.ts';
import { itemAt, type RankingRequest, shopNowMs } from './ranking-request.ts';
import { knownReason, similarReason, togetherReason } from './reasons.ts';
import { DAY_MS } from './rules.ts';
import type { Offer } from './rungs.ts';

/** Rungs that ask the model what goes with what. */

export function forYou(request: RankingRequest): IterableIterator<Offer> {
  const { model, history } = request;
  if (model === undefined || history.length === 0) return noOffers();
  const folded = foldIn(model, history, request.nowMs);
  return offersOf(request, model, folded, (item, cause, causeTitle) =>
    cause.itemId === item.itemId ? knownReason(cause) : similarReason(cause, causeTitle),
  );
}

export function similarToLastViewed(
  request: RankingRequest,
  withinDays: number,
): IterableIterator<Offer> {
  const { model } = request;
  const last = newestOf(request.history, 'view');
  if (model === undefined || last === undefined) return noOffers();
  if (last.timeMs < shopNowMs(request) - withinDays * DAY_MS) return noOffers();
  const folded = foldIn(model, [last], request.nowMs);
  return offersOf(request, model, folded, (item, _cause, title) =>
    item.itemId === last.itemId ? undefined : similarReason(last, title),
  );
}

/** What goes with the last order as a whole: what several of its items speak for comes first. */
export function boughtTogether(
  request: RankingRequest,
  withinDays: number,
): IterableIterator<Offer> {
  const { model, history } = request;
  const last = newestOf(history, 'purchase');
  if (model === undefined || last === undefined) return noOffers();
  if (last.timeMs < shopNowMs(request) - withinDays * DAY_MS) return noOffers();
  // Lines of one order have one time; it is all that a profile remembers of what was bought together.
  const order = history.filter(({ kind, timeMs }) => kind === 'purchase' && timeMs === last.timeMs);
  const ordered = new Set(order.map(({ itemId }) => itemId));
  const folded = foldIn(model, order, request.nowMs);
  return offersOf(request, model, folded, (item, _cause, title) =>
    ordered.has(item.itemId) ? undefined : togetherReason(title),
  );
}

/** Offered beyond the list's length before anything more has to be put in order: what the rules leave out of it. */
const SPARE_OFFERS = 4;

/** Best first; an item that is given no reason is left out. */
function* offersOf(
  request: RankingRequest,
  model: Model,
  folded: FoldedIn,
  reasonOf: ReasonOf,
): Generator<Offer> {
  const wanted = Math.min(request.limit + SPARE_OFFERS, BEST_MAX);
  const head = folded.best(wanted);
  last.touched = touch(model, folded, head);
  for (const place of head) {
    const offer = offerOf(request, model, folded, reasonOf, place);
    if (offer !== undefined) yield offer;
  }
  const behind = head[wanted - 1];
  if (behind === undefined) return;
  const { scores, indices: ties } = folded.touched();
  for (const place of bestFirst(scores, { ties, behind })) {
    const offer = offerOf(request, model, folded, reasonOf, place);
    if (offer !== undefined) yield offer;
  }
}

function noOffers(): IterableIterator<Offer> {
  const none: readonly Offer[] = [];
  return none.values();
}

type ReasonOf = (item: Item, cause: HistoryEntry, causeTitle: string) => string | undefined;

function offerOf(
  request: RankingRequest,
  model: Model,
  folded: FoldedIn,
  reasonOf: ReasonOf,
  place: number,
): Offer | undefined {
  const item = itemAt(request, model, folded.indexAt(place));
  const causePlace = folded.causeAt(place);
  const cause = folded.entries[causePlace];
  if (item === undefined || cause === undefined) return undefined;
  const title = itemAt(request, model, folded.sourceOf(causePlace))?.title ?? '';
  const reason = reasonOf(item, cause, title);
  return reason === undefined ? undefined : { item, reason, score: folded.scoreAt(place) };
}

/** What `touch` gave last, so that nobody takes it for useless and leaves it out. */
const last = { touched: 0 };

/** Positions of the items that `touch` reads, and of those that they follow from; used anew by each. */
const shown = new Uint32Array(BEST_MAX);
const causes = new Uint32Array(BEST_MAX);

/**
 * Reads what will be asked of every item of the head, and the titles of those that they follow from, before the first is
 * looked at: a processor fetches such reads side by side, as many as fit into the little that it looks ahead.
 */
function touch({ items }: Model, folded: FoldedIn, head: readonly number[]): number {
  const { length } = head;
  for (let at = 0; at < length; at++) {
    const place = head[at] as number;
    shown[at] = folded.indexAt(place);
    causes[at] = folded.sourceOf(folded.causeAt(place));
  }
  let sum = 0;
  // One of the last fields: an item lies in two lines of memory, of which the next loops read the other.
  for (let at = 0; at < length; at++) if (items[shown[at] as number]?.available) sum++;
  for (let at = 0; at < length; at++) sum += items[causes[at] as number]?.title.length ?? 0;
  for (let at = 0; at < length; at++) sum += items[shown[at] as number]?.itemId.length ?? 0;
  for (let at = 0; at < length; at++) sum += items[shown[at] as number]?.title.length ?? 0;
  return sum;
}

function newestOf(
  history: readonly HistoryEntry[],
  kind: HistoryEntry['kind'],
): HistoryEntry | undefined {
  let newest: HistoryEntry | undefined;
  for (const entry of history) {
    if (entry.kind === kind && entry.timeMs > (newest?.timeMs ?? -Infinity)) newest = entry;
  }
  return newest;
}
