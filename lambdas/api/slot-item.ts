import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { ShownItem, ShownItems } from '../../adapters/dynamodb/shown-items.ts';
import { priceText } from '../../core/blocks/present.ts';
import { SHOWN_DAYS_MAX, shownItem, shownKeyOf } from '../../core/blocks/shown-item.ts';
import { inCurrency } from '../../core/catalogue/item.ts';
import { customerKeyOf, identitiesOfKey } from '../../core/identity/customer-key.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import type { Placement } from '../../core/ranking/placement.ts';
import { campaignOf } from './click-urls.ts';
import type { Recommender, Sources } from './recommend.ts';
import { within } from './time-budget.ts';

/** One read or one write of a single item. */
const SHOWN_MS_MAX = 250;
const SECRET_MS_MAX = 500;
const DAY_S = 86_400;

/** Which slot of which placement a request is about, and for whom. */
export interface Slot {
  readonly placement: string;
  /** From 1. */
  readonly number: number;
  readonly customer: string | undefined;
  /** The mailing; where the ESP names none, the day stands for it. */
  readonly campaign: string;
  readonly key: string;
  readonly identityRef: string;
}

export interface SlotSources {
  readonly sources: Sources;
  readonly recommender: Recommender;
  readonly shown: ShownItems;
  readonly identitySecret: () => Promise<string>;
}

/** The item of a slot, with the placement that shows it. */
export interface SlotItem {
  readonly item: ShownItem;
  readonly placement: Placement;
}

/** Reads what a request asks for; `number` has been checked by its route. */
export async function slotOf(
  event: APIGatewayProxyEvent,
  path: { readonly placement: string; readonly number: number },
  { identitySecret }: SlotSources,
  nowMs: number,
): Promise<Slot> {
  const customer = event.queryStringParameters?.customer;
  const key = customerKeyOf(customer);
  const secret = await within(SECRET_MS_MAX, identitySecret);
  const [likeliest] =
    key.kind === 'opaque' && secret.ok ? identitiesOfKey(key.value, secret.value) : [];
  const ref = likeliest === undefined ? '' : identityRef(likeliest);
  const campaign = campaignOf(event) || new Date(nowMs).toISOString().slice(0, 10);
  const place = { placement: path.placement, slot: path.number, identityRef: ref, campaign };
  return { ...path, customer, campaign, key: shownKeyOf(place), identityRef: ref };
}

/**
 * What the slot has shown, with today's price; else what it shows now, which is kept from here on where somebody is
 * shown it.
 */
export async function slotItemOf(
  slot: Slot,
  from: SlotSources,
  nowMs: number,
  { isShown }: { readonly isShown: boolean },
): Promise<SlotItem> {
  const nowS = Math.floor(nowMs / 1000);
  const placement =
    from.sources.placements.find(slot.placement) ?? from.sources.placements.fallback;
  const found = await within(SHOWN_MS_MAX, (signal) => from.shown.find(slot.key, nowS, signal));
  if (found.ok && found.value !== undefined) {
    return { item: await renewed(found.value, placement, from), placement };
  }
  const query = { placement: slot.placement, customer: slot.customer, limit: String(slot.number) };
  const answer = await from.recommender.answer(query, nowMs);
  const { items, experiment, variant } = answer.recommendation;
  const item = items[slot.number - 1] ?? items.at(-1);
  const chosen = shownItem.parse({ ...item, experiment, variant });
  if (!isShown) return { item: chosen, placement: answer.placement };
  const times = { nowS, expiresAtS: nowS + SHOWN_DAYS_MAX * DAY_S };
  const kept = await within(SHOWN_MS_MAX, (signal) =>
    from.shown.keepFirst(slot.key, chosen, times, signal),
  );
  return { item: kept.ok ? kept.value : chosen, placement: answer.placement };
}

/** With the price that the catalogue has now: one that was true when the mail came may not be any more. */
async function renewed(
  item: ShownItem,
  { currency: wanted, locale }: Placement,
  { sources }: SlotSources,
): Promise<ShownItem> {
  const { items } = await sources.catalogue.itemsOf([item.item_id]);
  const live = items.get(item.item_id);
  if (live === undefined) return item;
  const { price, currency } = inCurrency(live, wanted);
  if (price === null || !Number.isFinite(price) || currency !== item.currency) return item;
  return { ...item, price, price_text: priceText(price, currency, locale) };
}
