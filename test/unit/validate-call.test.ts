import { describe, expect, it } from 'vitest';
import { validateCall } from '../../core/events/validate-call.ts';

const receivedAtMs = Date.parse('2026-11-23T12:00:00Z');
const check = (call: unknown) => validateCall(call, { receivedAtMs });
const viewed = (properties: object) => ({
  type: 'track',
  userId: 'anna',
  event: 'Product Viewed',
  properties,
});
const issuesOf = (call: unknown) => {
  const outcome = check(call);
  if (outcome.kind === 'valid') throw new Error('was accepted');
  return outcome.issues;
};

describe('a call that a Segment SDK sends', () => {
  it('is accepted with its unknown fields', () => {
    const outcome = check({ ...viewed({ product_id: 'mug', colour: 'blue' }), channel: 'server' });
    expect(outcome).toMatchObject({
      kind: 'valid',
      fields: { channel: 'server', properties: { product_id: 'mug', colour: 'blue' } },
    });
  });

  it.each(['identify', 'page', 'screen', 'group', 'alias'])('may be a %s', (type) => {
    expect(check({ type, anonymousId: 'a-1' })).toMatchObject({ kind: 'valid', type });
  });

  it('may have a name that no specification knows', () => {
    expect(check({ type: 'track', userId: 'u', event: 'Quiz Finished' }).kind).toBe('valid');
    expect(check({ type: 'track', userId: 'u', event: 'constructor' }).kind).toBe('valid');
  });

  it('may number its products and customers', () => {
    expect(check({ ...viewed({ product_id: 42 }), userId: 7 })).toMatchObject({
      fields: { userId: '7', properties: { product_id: '42' } },
    });
  });

  it('may send null for what it does not know', () => {
    const call = {
      ...viewed({ product_id: 'mug', price: null, category: null }),
      anonymousId: null,
    };
    expect(check({ ...call, traits: null, context: null, timestamp: null }).kind).toBe('valid');
  });
});

describe('a refusal says where, what and how to repair it', () => {
  it('recognises a decimal comma inside an order', () => {
    const products = [
      { product_id: 'a' },
      { product_id: 'b' },
      { product_id: 'c', price: '12,50' },
    ];
    const call = {
      type: 'track',
      userId: 'u',
      event: 'Order Completed',
      properties: { order_id: '1', products },
    };
    expect(issuesOf(call)).toEqual([
      {
        path: 'properties.products[2].price',
        message: 'expected a number, got a string ("12,50" looks like a decimal comma); send 12.5',
      },
    ]);
  });

  it.each([
    [viewed({ product_id: 'a', price: '12.50' }), 'properties.price', 'send 12.5 without quotes'],
    [viewed({ product_id: 'a', price: '1,234.50' }), 'properties.price', 'has separators'],
    [viewed({}), 'properties.product_id', 'the field is required'],
    [{ type: 'track', userId: 'u', event: 'Order Completed' }, 'properties', 'got nothing'],
    [
      viewed({ product_id: 'a', currency: '£' }),
      'properties.currency',
      'three letters such as GBP',
    ],
    [viewed({ product_id: 'a', price: -1 }), 'properties.price', 'at least 0'],
    [{ type: 'track', userId: 'u' }, 'event', 'expected a string, got nothing'],
    [{ type: 'track', event: 'x' }, 'userId', 'expected userId or anonymousId, got neither'],
    [{ type: 'track', userId: '', anonymousId: null, event: 'x' }, 'userId', 'got neither'],
    [{ type: 'trak', userId: 'u' }, 'type', 'got a string that is none of them'],
    [
      { type: 'identify', userId: 'u', traits: { email: 'n/a' } },
      'traits.email',
      'expected one email',
    ],
    [{ type: 'identify', userId: 'u', traits: '{"a":1}' }, 'traits', 'send the object itself'],
    [
      { type: 'page', userId: 'u', messageId: 'm'.repeat(100) },
      'messageId',
      'at most 99 characters',
    ],
    [{ type: 'page', userId: 'a\u0000b' }, 'userId', 'control character'],
    [{ type: 'page', userId: 'a\ud800' }, 'userId', 'half a character'],
    [{ type: 'page', userId: { id: 1 } }, 'userId', 'expected a string, got an object'],
    [{ type: 'page', userId: 2 ** 60 }, 'userId', 'put it in quotes'],
    ['text', '', 'expected an object, got a string'],
    [null, '', 'got null'],
  ])('%j', (call, path, message) => {
    expect(issuesOf(call)).toEqual(
      expect.arrayContaining([{ path, message: expect.stringContaining(message) }]),
    );
  });

  it('never repeats a value that could be personal', () => {
    const secret = 'anna.schmidt@example.com';
    const calls = [
      viewed({ product_id: 'a', price: secret }),
      { type: 'page', userId: 'u', timestamp: secret },
      { type: 'identify', userId: 'u', traits: { email: `${secret} or so` } },
      { type: secret, userId: 'u' },
    ];
    for (const call of calls) expect(JSON.stringify(issuesOf(call))).not.toContain('anna');
  });
});

describe('structures that no honest client sends', () => {
  it('refuses more than 32 levels', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(issuesOf({ type: 'page', userId: 'u', properties: deep })[0]?.message).toContain(
      '32 levels',
    );
  });

  it('refuses a key __proto__ at any depth', () => {
    const call: unknown = JSON.parse(
      '{"type":"page","userId":"u","properties":{"a":[{"__proto__":{}}]}}',
    );
    expect(issuesOf(call)[0]?.path).toBe('__proto__');
  });

  it('keeps a key constructor as data', () => {
    const call: unknown = JSON.parse('{"type":"page","userId":"u","properties":{"constructor":1}}');
    expect(check(call)).toMatchObject({ fields: { properties: { constructor: 1 } } });
  });
});
