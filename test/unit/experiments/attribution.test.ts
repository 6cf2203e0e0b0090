import { describe, expect, it } from 'vitest';
import type { CollectedEvent } from '../../../core/events/event.ts';
import { attribute, type ExposedCustomer } from '../../../core/experiments/attribute.ts';
import { type Fact, factOf, factRowOf } from '../../../core/experiments/fact.ts';
import { trackEvent } from '../event-maker.ts';
import { heroExperiment } from './hero-experiment.ts';

const hero = heroExperiment();
const startMs = Date.parse('2026-11-10T08:00:00Z');
const HOUR_MS = 3_600_000;
const inB = { placement_id: 'for-you', experiment_id: '2026-11-hero', variation_id: 'b' };

/** What was said so many hours after the first send. */
function said(
  hours: number,
  event: string,
  properties: Record<string, unknown> = {},
  more: Partial<CollectedEvent> = {},
): CollectedEvent {
  const at = new Date(startMs + hours * HOUR_MS).toISOString();
  const messageId = `${event}-${hours}-${JSON.stringify(properties)}`;
  return trackEvent(event, { timestamp: at, receivedAt: at, messageId, properties, ...more });
}

const factsOf = (...events: CollectedEvent[]): Fact[] =>
  events.flatMap((event) => factOf(factRowOf(event)) ?? []);

function exposed(...events: CollectedEvent[]): ExposedCustomer {
  const found = attribute(factsOf(...events), hero);
  if (found?.kind !== 'exposed') throw new Error(`expected an exposure, found ${found?.kind}`);
  return found;
}

const served = said(0, 'Block Served', { ...inB, campaign_id: 'spring' });
const delivered = said(1, 'Email Delivered', { email_id: 'e-1', campaign_id: 'spring' });
const clicked = (hours: number, more = {}) => said(hours, 'Block Clicked', { ...inB, ...more });
const ordered = (hours: number, order: string, revenue = 20, currency = 'GBP') =>
  said(hours, 'Order Completed', { order_id: order, revenue, currency });

describe('an exposure', () => {
  it('is a delivered mail whose block was fetched with the variant', () => {
    const found = exposed(served, delivered);
    expect(found.variant).toBe('b');
    expect(found.mails).toHaveLength(1);
    expect(found.mails[0]).toMatchObject({
      atMs: startMs + HOUR_MS,
      isOpened: false,
      isClicked: false,
    });
  });

  it('is none where the block was fetched and no mail sent', () => {
    expect(attribute(factsOf(served), hero)).toEqual({ kind: 'served only' });
    const other = said(1, 'Email Delivered', { campaign_id: 'summer' });
    expect(attribute(factsOf(served, other), hero)).toEqual({ kind: 'served only' });
    const late = said(73, 'Email Delivered', { campaign_id: 'spring' });
    expect(attribute(factsOf(served, late), hero)).toEqual({ kind: 'served only' });
  });

  it('is none of another experiment, nor of a mail without any block', () => {
    const other = said(0, 'Block Served', { ...inB, experiment_id: 'other' });
    expect(attribute(factsOf(other, delivered), hero)).toBeUndefined();
    expect(attribute(factsOf(delivered, ordered(2, 'o-1')), hero)).toBeUndefined();
  });

  it('is one, however often an ESP fetched and whoever else tells of it', () => {
    const again = said(0.01, 'Block Served', { ...inB, campaign_id: 'spring' });
    const viewed = said(3, 'Experiment Viewed', { ...inB, email_id: 'e-1' });
    const tagged = said(1, 'Email Delivered', { ...inB, email_id: 'e-1' });
    expect(exposed(served, again, delivered, viewed, tagged).mails).toHaveLength(1);
    const next = said(30, 'Email Delivered', { email_id: 'e-2', campaign_id: 'spring' });
    expect(exposed(served, again, delivered, next).mails).toHaveLength(1);
  });

  it('is told by an exposure event alone, and by an ESP that carries the variant', () => {
    expect(exposed(said(0, 'Experiment Viewed', inB)).variant).toBe('b');
    expect(exposed(said(0, 'Email Delivered', { ...inB, email_id: 'e' })).variant).toBe('b');
  });

  it('is none by a machine, before the start, after the end, or of a variant that nobody knows', () => {
    const bot = { ...inB, machine_open: true };
    expect(attribute(factsOf(said(0, 'Experiment Viewed', bot)), hero)).toBeUndefined();
    const viewed = said(0, 'Experiment Viewed', inB);
    for (const dates of [
      { startsAt: '2026-11-10T08:00:01Z' },
      { endsAt: '2026-11-10T08:00:00Z' },
    ]) {
      expect(attribute(factsOf(viewed), heroExperiment(dates))).toBeUndefined();
    }
    const unknown = said(0, 'Experiment Viewed', { ...inB, variation_id: 'c' });
    expect(attribute(factsOf(unknown), hero)).toBeUndefined();
  });

  it('stays in the variant of the first mail, and says where there was another', () => {
    const other = said(100, 'Email Delivered', { ...inB, variation_id: 'a', email_id: 'e-9' });
    expect(exposed(served, delivered, other)).toMatchObject({ variant: 'b', isMixed: true });
    expect(exposed(served, delivered)).toMatchObject({ variant: 'b', isMixed: false });
  });
});

describe('openings and clicks', () => {
  const opened = (more = {}) => said(5, 'Email Opened', { email_id: 'e-1', ...more });

  it('count once a mail', () => {
    const found = exposed(served, delivered, opened(), opened({ n: 2 }), clicked(6), clicked(7));
    expect(found.mails).toMatchObject([{ isOpened: true, isClicked: true }]);
  });

  it('of machines count never', () => {
    const found = exposed(
      served,
      delivered,
      opened({ machine_open: true }),
      opened({ sg_machine_open: true }),
      clicked(6, { machine_click: true }),
      said(6, 'Block Clicked', inB, { context: { prefetched: true } }),
      ordered(7, 'o-1'),
    );
    expect(found.mails).toMatchObject([{ isOpened: false, isClicked: false }]);
    expect(found.mails[0]?.conversions[1].orders).toBe(0);
    expect(found.mails[0]?.purchases[1].orders).toBe(1);
  });

  it('belong to the mail that they name, else to the latest', () => {
    const second = said(100, 'Email Delivered', { ...inB, email_id: 'e-2', campaign_id: 'june' });
    const late = said(101, 'Email Opened', { email_id: 'e-1' });
    const found = exposed(served, delivered, second, late, clicked(102));
    expect(found.mails).toMatchObject([
      { isOpened: true, isClicked: false },
      { isOpened: true, isClicked: true },
    ]);
  });

  it('of another mail or another block are none', () => {
    const found = exposed(
      served,
      delivered,
      said(5, 'Email Opened', { email_id: 'other' }),
      clicked(6, { placement_id: 'popular', experiment_id: undefined }),
      said(6, 'Email Link Clicked', { email_id: 'e-1', link_url: 'https://shop.example/' }),
    );
    expect(found.mails).toMatchObject([{ isOpened: false, isClicked: false }]);
    const linked = said(6, 'Email Link Clicked', { email_id: 'e-1', placement_id: 'for-you' });
    expect(exposed(served, delivered, linked).mails).toMatchObject([{ isClicked: true }]);
  });

  it('after the longest window are none', () => {
    expect(exposed(served, delivered, clicked(1 + 168)).mails[0]?.isClicked).toBe(false);
    expect(exposed(served, delivered, clicked(168)).mails[0]?.isClicked).toBe(true);
  });
});

describe('an order', () => {
  const earned = (found: ExposedCustomer) => ({
    conversions: Object.values(found.mails[0]?.conversions ?? {}),
    purchases: Object.values(found.mails[0]?.purchases ?? {}),
  });
  const none = { orders: 0, revenueMinor: 0 };
  const one = { orders: 1, revenueMinor: 2_000 };

  it('after a click converts in each window that it is within, from the delivery on', () => {
    for (const [hours, expected] of [
      [24, [one, one, one]],
      [25, [none, one, one]],
      [73, [none, none, one]],
      [168, [none, none, one]],
      [169, [none, none, none]],
    ] as const) {
      const found = earned(exposed(served, delivered, clicked(2), ordered(hours, 'o-1')));
      expect(found.conversions, String(hours)).toEqual(expected);
    }
  });

  it('without a click, or before it, is a purchase and no conversion', () => {
    for (const events of [[ordered(3, 'o-1')], [ordered(3, 'o-1'), clicked(4)]]) {
      const found = earned(exposed(served, delivered, ...events));
      expect(found).toEqual({ conversions: [none, none, none], purchases: [one, one, one] });
    }
  });

  it('belongs to the block that was clicked last', () => {
    const elsewhere = clicked(3, { placement_id: 'popular', experiment_id: 'other' });
    const lost = earned(exposed(served, delivered, clicked(2), elsewhere, ordered(4, 'o-1')));
    expect(lost.conversions).toEqual([none, none, none]);
    const won = earned(exposed(served, delivered, elsewhere, clicked(3.5), ordered(4, 'o-1')));
    expect(won.conversions).toEqual([one, one, one]);
  });

  it('counts once, without what was refunded', () => {
    const refund = (hours: number, revenue: number | undefined, refundId: string) =>
      said(hours, 'Order Refunded', {
        order_id: 'o-1',
        refund_id: refundId,
        ...(revenue !== undefined && { revenue, currency: 'GBP' }),
      });
    const bought = [served, delivered, clicked(2), ordered(3, 'o-1'), ordered(5, 'o-1')];
    const left = (...events: CollectedEvent[]) =>
      earned(exposed(...bought, ...events)).conversions[2];
    expect(left()).toEqual(one);
    expect(left(refund(200, 5, 'r-1'))).toEqual({ orders: 1, revenueMinor: 1_500 });
    expect(left(refund(200, 5, 'r-1'), refund(201, 5, 'r-1'))?.revenueMinor).toBe(1_500);
    expect(left(refund(200, 5, 'r-1'), refund(201, 6, 'r-2'))?.revenueMinor).toBe(900);
    expect(left(refund(200, 20, 'r-1'))).toEqual(none);
    expect(left(refund(200, undefined, 'r-1'))).toEqual(none);
    expect(left(said(200, 'Order Cancelled', { order_id: 'o-1' }))).toEqual(none);
  });

  it('in another currency counts without its revenue', () => {
    const found = exposed(served, delivered, clicked(2), ordered(3, 'o-1', 20, 'EUR'));
    expect(found.otherCurrencyOrders).toBe(1);
    expect(earned(found).conversions[0]).toEqual({ orders: 1, revenueMinor: 0 });
  });

  it('between two mails belongs to the first, for purchases', () => {
    const second = said(48, 'Email Delivered', { ...inB, email_id: 'e-2' });
    const found = exposed(served, delivered, second, ordered(30, 'o-1'), ordered(60, 'o-2'));
    expect(found.mails.map(({ purchases }) => purchases[7].orders)).toEqual([1, 1]);
  });
});

describe('what a customer did before', () => {
  it('is of the 28 days before the first mail', () => {
    const found = exposed(
      said(-28 * 24, 'Email Opened'),
      said(-20 * 24, 'Email Opened'),
      said(-10 * 24, 'Email Opened', { machine_open: true }),
      ordered(-3 * 24, 'o-0', 30),
      served,
      delivered,
      ordered(3, 'o-1'),
    );
    expect(found.before).toEqual({ activity: 2, revenueMinor: 3_000 });
  });
});
