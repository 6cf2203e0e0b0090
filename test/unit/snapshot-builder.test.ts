import { describe, expect, it } from 'vitest';
import { kindOf } from '../../core/training/interactions.ts';
import { type BuiltSnapshot, SnapshotBuilder } from '../../core/training/snapshot-builder.ts';
import { decodeSnapshot, encodeSnapshot } from '../../core/training/snapshot-file.ts';
import { itemNamed } from '../training/training-data.ts';

const CREATED_AT = new Date('2026-11-23T00:00:00Z');
let messages = 0;

function event(changes: Record<string, unknown>): Record<string, unknown> {
  return {
    schemaVersion: 1,
    messageId: `message-${messages++}`,
    type: 'track',
    identities: [{ kind: 'userId', key: 'ann' }],
    source: 'website',
    timestamp: '2026-11-20T10:00:00.000Z',
    receivedAt: '2026-11-20T10:00:01.000Z',
    ...changes,
  };
}

function order(orderId: string, itemIds: readonly unknown[], changes = {}) {
  const products = itemIds.map((product_id) => ({ product_id, quantity: 3 }));
  const properties = { order_id: orderId, products };
  return event({ event: 'Order Completed', properties, ...changes });
}

function viewed(itemId: unknown, changes = {}) {
  return event({ event: 'Product Viewed', properties: { product_id: itemId }, ...changes });
}

function built(events: readonly (Record<string, unknown> | string)[]): BuiltSnapshot {
  const items = ['plate', 'mug', '42'].map(itemNamed);
  const builder = new SnapshotBuilder({ items, malformedItems: 0, createdAt: CREATED_AT });
  for (const entry of events) {
    builder.addLine(typeof entry === 'string' ? entry : JSON.stringify(entry));
  }
  return builder.finish();
}

/** `customer item kind` per row. */
function rows({ interactions, items }: BuiltSnapshot): string[] {
  return [...interactions.items].map((item, row) =>
    [interactions.customers[row], items[item]?.itemId, kindOf(interactions.kinds[row] ?? 0)].join(
      ' ',
    ),
  );
}

const consents = (granted: boolean, changes = {}) =>
  event({
    type: 'identify',
    traits: {},
    context: { consent: { categoryPreferences: { personalization: granted } } },
    ...changes,
  });

describe('consent to personalisation', () => {
  const phone = [{ kind: 'anonymousId', key: 'phone' }];
  const bob = [{ kind: 'userId', key: 'bob' }];

  it('leaves out whoever refused it, with what they did before signing in, and nobody else', () => {
    const snapshot = built([
      viewed('mug', { identities: phone }),
      event({ type: 'identify', identities: [...bob, ...phone] }),
      order('o-bob', ['plate'], { identities: bob }),
      viewed('plate'),
      consents(false, { identities: phone }),
    ]);
    expect(rows(snapshot)).toEqual(['0 plate view']);
    expect(snapshot.facts.dropped.noConsent).toBe(2);
  });

  it('goes by the latest statement, in whatever order the lines come', () => {
    const later = { timestamp: '2026-11-21T10:00:00.000Z' };
    expect(rows(built([consents(true, later), viewed('mug'), consents(false)]))).toHaveLength(1);
    expect(rows(built([consents(false, later), viewed('mug'), consents(true)]))).toHaveLength(0);
  });
});

describe('a snapshot', () => {
  it('has a row per product viewed, added, removed and bought', () => {
    const added = event({ event: 'Product Added', properties: { product_id: 'mug' } });
    const removed = event({ event: 'Product Removed', properties: { product_id: 'mug' } });
    const snapshot = built([viewed('mug'), added, removed, order('o-1', ['mug', 42])]);
    expect(rows(snapshot)).toEqual([
      '0 mug view',
      '0 mug cart',
      '0 mug uncart',
      '0 mug purchase',
      '0 42 purchase',
    ]);
    expect(snapshot.facts.interactions).toEqual({ view: 1, cart: 1, uncart: 1, purchase: 2 });
    expect(snapshot.items.map((item) => item.itemId)).toEqual(['42', 'mug', 'plate']);
  });

  it('leaves out what a bot looked at, counted, but not what was ordered', () => {
    const context = { kindred: { bot: 'user-agent' } };
    const snapshot = built([
      viewed('mug', { context }),
      event({ type: 'page', context }),
      order('o-1', ['plate'], { context }),
    ]);
    expect(rows(snapshot)).toEqual(['0 plate purchase']);
    expect(snapshot.facts.dropped.bot).toBe(1);
  });

  it('counts a message once however often it was delivered', () => {
    const once = viewed('mug');
    const snapshot = built([once, once, once]);
    expect(rows(snapshot)).toHaveLength(1);
    expect(snapshot.facts.dropped.duplicateMessage).toBe(2);
  });

  it('counts an order once whatever its messages are called', () => {
    const snapshot = built([order('o-1', ['mug']), order('o-1', ['mug']), order('o-2', ['mug'])]);
    expect(rows(snapshot)).toHaveLength(2);
    expect(snapshot.facts.dropped.duplicateOrder).toBe(1);
  });

  it('leaves out an order that was refunded as a whole or cancelled, in any order of arrival', () => {
    const refund = (orderId: string, name: string) =>
      event({ event: name, properties: { order_id: orderId } });
    const snapshot = built([
      refund('o-1', 'Order Refunded'),
      order('o-1', ['mug', 'plate']),
      order('o-2', ['mug']),
      refund('o-2', 'Order Cancelled'),
      order('o-3', ['plate']),
    ]);
    expect(rows(snapshot)).toEqual(['0 plate purchase']);
    expect(snapshot.facts.dropped.refunded).toBe(3);
  });

  it('leaves out only the products that a refund names', () => {
    const products = [{ product_id: 'mug' }];
    const refund = event({ event: 'Order Refunded', properties: { order_id: 'o-1', products } });
    expect(rows(built([order('o-1', ['mug', 'plate']), refund]))).toEqual(['0 plate purchase']);
  });

  it('leaves out all that several refunds of one order name', () => {
    const refund = (...itemIds: string[]) =>
      event({
        event: 'Order Refunded',
        properties: { order_id: 'o-1', products: itemIds.map((id) => ({ product_id: id })) },
      });
    const refunds = [refund('mug'), order('o-1', ['mug', 'plate', '42']), refund('42')];
    expect(rows(built(refunds))).toEqual(['0 plate purchase']);
    expect(rows(built([...refunds, refund()]))).toEqual([]);
    expect(rows(built([refund(), ...refunds]))).toEqual([]);
  });

  it('keeps an order when a refund names another', () => {
    const refund = event({ event: 'Order Refunded', properties: { order_id: 'C1' } });
    expect(rows(built([order('o-1', ['mug']), refund]))).toHaveLength(1);
  });

  it('says why something was left out', () => {
    const { facts } = built([
      '{"cut',
      JSON.stringify({ messageId: 'x' }),
      viewed('unheard-of'),
      // Received then, too: a client's clock alone is corrected by the time of receipt.
      viewed('mug', {
        timestamp: '2026-11-25T00:00:00.000Z',
        receivedAt: '2026-11-25T00:00:01.000Z',
      }),
      viewed('mug', { timestamp: '1969-07-20T20:17:40.000Z' }),
      order('o-1', [null, 'mug']),
    ]);
    expect(facts.dropped).toEqual({
      malformedLine: 2,
      unreadableFile: 0,
      duplicateMessage: 0,
      duplicateOrder: 0,
      noConsent: 0,
      malformedProduct: 1,
      malformedTime: 1,
      unknownItem: 1,
      futureTime: 1,
      refunded: 0,
      bot: 0,
    });
    expect(facts.lines).toBe(6);
  });

  it('is empty without events, and says so', () => {
    const { facts, interactions } = built([]);
    expect(interactions.items).toHaveLength(0);
    expect(facts).toMatchObject({ customers: 0, itemsWithInteractions: 0, lines: 0 });
    expect(facts.newest).toBeUndefined();
  });

  it('reads back from its files as what was written', () => {
    const snapshot = built([viewed('mug'), order('o-1', ['plate', '42'])]);
    expect(decodeSnapshot(encodeSnapshot('s-1', snapshot))).toEqual({
      ok: true,
      value: snapshot,
    });
  });

  it('is refused when its columns are damaged or its version unknown', () => {
    const files = encodeSnapshot('s-1', built([viewed('mug')]));
    const columns = Uint8Array.from(files.get('interactions.bin') ?? []);
    columns[columns.length - 1]! ^= 1;
    expect(decodeSnapshot(new Map([...files, ['interactions.bin', columns]]))).toEqual({
      ok: false,
      reason: 'interactions.bin does not match its SHA-256',
    });
    const manifest = JSON.parse(Buffer.from(files.get('manifest.json') ?? []).toString());
    const newer = Buffer.from(JSON.stringify({ ...manifest, formatVersion: 9 }));
    expect(decodeSnapshot(new Map([...files, ['manifest.json', newer]]))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('version 9'),
    });
  });
});

describe('the customers of a snapshot', () => {
  const user = (key: string) => ({ kind: 'userId', key });
  const visitor = (key: string) => ({ kind: 'anonymousId', key });
  const by = (...identities: object[]) => ({ identities });

  it('are joined across the identities that stand on one event, before and after it', () => {
    const snapshot = built([
      viewed('mug', by(visitor('x'))),
      event({ type: 'identify', ...by(user('ann'), visitor('x')) }),
      viewed('plate', by(visitor('x'))),
      order('o-1', ['42'], by(user('ann'))),
    ]);
    expect(rows(snapshot)).toEqual(['0 mug view', '0 plate view', '0 42 purchase']);
    expect(snapshot.facts.customers).toBe(1);
  });

  it('are never one where their userIds differ, though they share a browser', () => {
    const snapshot = built([
      viewed('mug', by(user('ann'), visitor('x'))),
      viewed('plate', by(user('bob'), visitor('x'))),
      viewed('42', by(visitor('x'))),
    ]);
    expect(rows(snapshot)).toEqual(['0 mug view', '1 plate view', '0 42 view']);
  });

  it('stay apart where a third identity would join two userIds', () => {
    const snapshot = built([
      viewed('mug', by(user('ann'), visitor('x'))),
      viewed('mug', by(user('bob'), visitor('y'))),
      viewed('mug', by(visitor('x'), visitor('y'))),
    ]);
    expect(snapshot.facts.customers).toBe(2);
  });
});
