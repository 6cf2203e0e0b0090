/**
 * What came of one customer's mails in one experiment. The unit is the delivered mail, whatever became of it afterwards
 * (intent to treat): who got the mail counts, whether or not it was opened. A block that was fetched for a mail that was
 * never sent counts for nothing.
 *
 * Windows run from the delivery: what is within it can change no more once the window is over, so that a later look sees
 * more mails and never other ones. That is what makes peeking safe; see docs/reference/experiments.md.
 */
import { type Experiment, HOLDOUT, type WindowDays } from './experiment.ts';
import type { Clicked, Delivered, Fact, Opened, Ordered, Served, Viewed } from './fact.ts';

export const DAY_MS = 86_400_000;
/** ESPs fetch when they send; the largest sends and deferred deliveries take days, not weeks. */
export const SERVED_BEFORE_MS_MAX = 3 * DAY_MS;
/** By which clocks of ESPs are off. */
const CLOCKS_MS = 5 * 60 * 1000;
/** What customers did in so many days before their first mail is taken out of the noise. */
export const BEFORE_DAYS = 28;

export interface MailOutcome {
  readonly atMs: number;
  /** Within the longest window. */
  readonly isOpened: boolean;
  readonly isClicked: boolean;
  /** By the window's days: of orders after a click on this mail's block, if no other block was clicked later. */
  readonly conversions: Readonly<Record<WindowDays, Earned>>;
  /** By the window's days: of any order after this mail and before the next. */
  readonly purchases: Readonly<Record<WindowDays, Earned>>;
}

/** Orders that were not taken back, and their revenue without refunds. */
export interface Earned {
  readonly orders: number;
  readonly revenueMinor: number;
}

export interface ExposedCustomer {
  readonly kind: 'exposed';
  /** The variant of the first mail: the customer stays in it, whatever later mails had. */
  readonly variant: string;
  /** Whether another mail had another variant. */
  readonly isMixed: boolean;
  /** Earliest first. */
  readonly mails: readonly MailOutcome[];
  /** Orders in another currency than the experiment's: they count, their revenue doesn't. */
  readonly otherCurrencyOrders: number;
  /** Openings, clicks and orders of the days before the first mail, and the revenue of those. */
  readonly before: { readonly activity: number; readonly revenueMinor: number };
}

/** Blocks were fetched for the customer, and no mail came of it. */
export interface ServedOnly {
  readonly kind: 'served only';
}

/** All of one customer's facts, in any order. */
export function attribute(
  facts: readonly Fact[],
  experiment: Experiment,
): ExposedCustomer | ServedOnly | undefined {
  const inOrder = facts.toSorted((a, b) => a.atMs - b.atMs);
  const mails = mailsOf(inOrder, experiment);
  const [first] = mails;
  if (first === undefined) {
    const isServed = inOrder.some((one) => one.kind === 'served' && isOf(one, experiment));
    return isServed ? { kind: 'served only' } : undefined;
  }
  const orders = ordersOf(inOrder, experiment);
  const longestMs = Math.max(...experiment.attribution.windowsDays) * DAY_MS;
  const clicks = inOrder
    .filter((one) => one.kind === 'clicked')
    .map((click) => ({ atMs: click.atMs, mail: clickedMailOf(click, mails, experiment) }));
  const openings = inOrder
    .filter((one) => one.kind === 'opened')
    .map((opening) => ({ atMs: opening.atMs, mail: mailOf(opening, mails) }));
  const touchedIn = (touches: readonly Touch[]) =>
    new Set(
      touches.flatMap(({ atMs, mail }) =>
        mail !== undefined && atMs < mail.atMs + longestMs ? [mail] : [],
      ),
    );
  const [opened, clicked] = [touchedIn(openings), touchedIn(clicks)];
  return {
    kind: 'exposed',
    variant: first.variant,
    isMixed: mails.some(({ variant }) => variant !== first.variant),
    mails: mails.map((mail, at) => ({
      atMs: mail.atMs,
      // A click on a mail whose images were never loaded is an opening nobody reported.
      isOpened: opened.has(mail) || clicked.has(mail),
      isClicked: clicked.has(mail),
      conversions: byWindow(mail, orders, (order) => lastClickedOf(order, clicks) === mail),
      purchases: byWindow(mail, orders, ({ atMs }) => {
        const next = mails[at + 1];
        return atMs >= mail.atMs && (next === undefined || atMs < next.atMs);
      }),
    })),
    otherCurrencyOrders: orders.filter(({ isOtherCurrency }) => isOtherCurrency).length,
    before: beforeOf(inOrder, orders, first.atMs),
  };
}

interface Mail {
  readonly atMs: number;
  readonly variant: string;
  readonly email?: string | undefined;
  readonly campaign?: string | undefined;
}

/** The delivered mails that had a variant, earliest first; each once, whichever events tell of it. */
function mailsOf(inOrder: readonly Fact[], experiment: Experiment): Mail[] {
  const mails: Mail[] = [];
  let waiting: Served[] = [];
  for (const fact of inOrder) {
    if (fact.kind === 'served' && isOf(fact, experiment)) waiting.push(fact);
    if (fact.kind !== 'delivered' && fact.kind !== 'viewed') continue;
    const found = mailIn(fact, waiting, experiment);
    waiting = waiting.filter((served) => !isFor(served, fact));
    if (found === undefined || !isCounted(found, experiment)) continue;
    if (!mails.some((mail) => isSameMail(mail, found))) mails.push(found);
  }
  return mails;
}

function mailIn(
  fact: Delivered | Viewed,
  waiting: readonly Served[],
  experiment: Experiment,
): Mail | undefined {
  const { atMs, email, campaign } = fact;
  if (fact.experiment !== undefined) {
    const { variant } = fact;
    const isOurs = fact.experiment === experiment.experimentId && variant !== undefined;
    return isOurs ? { atMs, variant, email, campaign } : undefined;
  }
  const served = waiting.findLast((one) => isFor(one, fact));
  return served && { atMs, variant: served.variant, email, campaign: campaign ?? served.campaign };
}

/** Whether the block was fetched for this mail. */
function isFor(served: Served, { atMs, email, campaign }: Delivered | Viewed): boolean {
  if (served.atMs > atMs + CLOCKS_MS || served.atMs < atMs - SERVED_BEFORE_MS_MAX) return false;
  return isAlike(served.email, email) && isAlike(served.campaign, campaign);
}

function isCounted({ atMs, variant }: Mail, { startsAt, endsAt, variants }: Experiment): boolean {
  if (atMs < Date.parse(startsAt)) return false;
  if (endsAt !== undefined && atMs >= Date.parse(endsAt)) return false;
  return variant === HOLDOUT || variants.some(({ id }) => id === variant);
}

/** By their ids; where one has none, of one campaign within the days in which a mail's events come. */
function isSameMail(a: Mail, b: Mail): boolean {
  if (a.email !== undefined && b.email !== undefined) return a.email === b.email;
  return isAlike(a.campaign, b.campaign) && b.atMs - a.atMs < SERVED_BEFORE_MS_MAX;
}

/** Neither contradicts the other. */
function isAlike(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

function isOf({ experiment }: Served, { experimentId }: Experiment): boolean {
  return experiment === experimentId;
}

/** The mail of an opening or a click: the latest before it that its ids allow. */
function mailOf(fact: Opened | Clicked, mails: readonly Mail[]): Mail | undefined {
  return mails.findLast(
    (mail) =>
      mail.atMs <= fact.atMs + CLOCKS_MS &&
      isAlike(mail.email, fact.email) &&
      isAlike(mail.campaign, fact.campaign),
  );
}

/** Undefined for a click on another placement's block, or on one of another experiment. */
function clickedMailOf(
  click: Clicked,
  mails: readonly Mail[],
  { experimentId, placement }: Experiment,
): Mail | undefined {
  const isOurs =
    click.experiment === undefined
      ? click.placement === placement
      : click.experiment === experimentId;
  return isOurs ? mailOf(click, mails) : undefined;
}

/** An opening or a click, and what it belongs to. */
interface Touch {
  readonly atMs: number;
  readonly mail: Mail | undefined;
}

/** The mail whose block was clicked last before the order, of all blocks. */
function lastClickedOf(order: Order, clicks: readonly Touch[]): Mail | undefined {
  return clicks.findLast(({ atMs }) => atMs <= order.atMs)?.mail;
}

interface Order {
  readonly atMs: number;
  readonly revenueMinor: number;
  readonly isOtherCurrency: boolean;
}

/** Each order once, without what was refunded; one that was taken back as a whole is none. */
function ordersOf(inOrder: readonly Fact[], { currency }: Experiment): Order[] {
  const orders = new Map<string, Ordered>();
  const refunds = new Map<string, Map<string, number>>();
  for (const fact of inOrder) {
    if (fact.kind === 'ordered' && !orders.has(fact.order)) orders.set(fact.order, fact);
    if (fact.kind !== 'refunded') continue;
    const known = refunds.get(fact.order) ?? new Map<string, number>();
    known.set(fact.refund, fact.amountMinor ?? Number.POSITIVE_INFINITY);
    refunds.set(fact.order, known);
  }
  return [...orders.values()].flatMap((order) => {
    const amounts = [...(refunds.get(order.order)?.values() ?? [])];
    const refunded = amounts.reduce((sum, amount) => sum + amount, 0);
    if (amounts.length > 0 && refunded >= order.revenueMinor) return [];
    const isOtherCurrency = currency !== undefined && order.currency !== currency;
    const isCounted = currency !== undefined && !isOtherCurrency;
    const revenueMinor = isCounted ? order.revenueMinor - refunded : 0;
    return [{ atMs: order.atMs, revenueMinor, isOtherCurrency }];
  });
}

function byWindow(
  mail: Mail,
  orders: readonly Order[],
  isOfMail: (order: Order) => boolean,
): Record<WindowDays, Earned> {
  const own = orders.filter((order) => order.atMs >= mail.atMs && isOfMail(order));
  const within = (days: WindowDays): Earned => {
    const counted = own.filter(({ atMs }) => atMs < mail.atMs + days * DAY_MS);
    const revenueMinor = counted.reduce((sum, order) => sum + order.revenueMinor, 0);
    return { orders: counted.length, revenueMinor };
  };
  return { 1: within(1), 3: within(3), 7: within(7) };
}

function beforeOf(inOrder: readonly Fact[], orders: readonly Order[], firstMs: number) {
  const isBefore = ({ atMs }: { readonly atMs: number }) =>
    atMs < firstMs && atMs >= firstMs - BEFORE_DAYS * DAY_MS;
  const earlier = orders.filter(isBefore);
  const touches = inOrder.filter(
    (fact) => isBefore(fact) && (fact.kind === 'opened' || fact.kind === 'clicked'),
  );
  return {
    activity: touches.length + earlier.length,
    revenueMinor: earlier.reduce((sum, order) => sum + order.revenueMinor, 0),
  };
}
