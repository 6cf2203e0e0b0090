import { describe, expect, it } from 'vitest';
import { isTakenAlike } from '../support/taken-alike.ts';

/** A batch of one call with these properties, as text. */
const withProperties = (properties: string) =>
  withCall(`"type":"track","event":"Custom","userId":"u","properties":${properties}`);
const withCall = (fields: string) => `{"batch":[{${fields}}]}`;
const withContext = (context: string) =>
  withCall(`"type":"track","event":"Custom","userId":"u","context":${context}`);
const withTime = (time: string) =>
  withCall(`"type":"track","event":"Custom","userId":"u","timestamp":"${time}"`);
const viewed = '"type":"track","event":"Product Viewed","userId":"u"';

const analyticsNext = `{"batch":[{"timestamp":"2026-11-23T11:59:58.123Z","integrations":{},"anonymousId":"7d3c","type":"track","event":"Product Viewed","properties":{"product_id":"22423","price":12.75,"currency":"GBP"},"context":{"page":{"path":"/p/22423","referrer":"","search":"","title":"Cakestand – Shop","url":"https://shop.example/p/22423"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","locale":"en-GB","library":{"name":"analytics.js","version":"npm:next-1.81.0"},"timezone":"Europe/London"},"messageId":"ajs-next-1764","userId":null,"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}],"sentAt":"2026-11-23T11:59:59.000Z","writeKey":"key"}`;
const analyticsNode = `{"batch":[{"properties":{"order_id":"581587","total":249.45,"products":[{"product_id":"22423","quantity":2,"price":12.75}]},"event":"Order Completed","type":"track","context":{"library":{"name":"@segment/analytics-node","version":"2.3.0"}},"userId":"17850","messageId":"node-next-1764","timestamp":"2026-11-23T11:00:00.000Z","_metadata":{"nodeVersion":"24.0.0","jsRuntime":"node"}}],"writeKey":"key","sentAt":"2026-11-23T11:59:59.000Z"}`;
const rudderStack = `{"batch":[{"channel":"server","type":"identify","userId":"17850","traits":{"plan":"gold"},"messageId":"m","originalTimestamp":"2026-11-23T11:00:00.000Z","sentAt":"2026-11-23T11:00:01.000Z"}],"sentAt":"2026-11-23T11:00:01.000Z"}`;

describe('a body that is taken by its text', () => {
  it.each([
    ['what the SDK of browsers sends', analyticsNext],
    ['what the SDK of servers sends', analyticsNode],
    ['what RudderStack sends', rudderStack],
    ['the short escapes', withProperties(String.raw`{"name":"a\"b\\c\n\t\r\b\f"}`)],
    ['letters of all scripts', withProperties('{"größe":"Straße 日本 🎁"}')],
    [
      'numbers as they are said',
      withProperties('{"a":0,"b":-1.5,"c":0.000001,"d":123456789012345}'),
    ],
    ['empty objects and lists', withProperties('{"a":{},"b":[],"c":[[],{}]}')],
    ['a context without fields', withContext('{}')],
    ['a time in hours and minutes', withTime('2026-11-23T11:59:59.999Z')],
    ['a day that not every month has', withTime('2026-10-31T11:59:59.999Z')],
    ['a day in January', withTime('2025-01-05T11:59:59.999Z')],
    ['a context that states null', withContext('{"locale":null,"page":{"path":"/"}}')],
    [
      'a clock that is ahead',
      `{"batch":[{"type":"page","userId":"u","timestamp":"2026-11-23T12:30:00.000Z","sentAt":"2026-11-23T12:31:00.000Z"}],"sentAt":"2026-11-23T12:32:00.000Z"}`,
    ],
    ['a leap day', withTime('2024-02-29T00:00:00.000Z')],
    ['a time with its zone', withTime('2026-11-23T11:59:59+01:00')],
    ['a handle', withProperties('{"@type":"@ann"}')],
    ['no event but a type', withCall('"type":"page","name":"Home","anonymousId":"a"')],
    [
      'properties before the name of their event',
      withCall(
        '"properties":{"product_id":"1"},"event":"Product Viewed","type":"track","userId":"u"',
      ),
    ],
  ])('is what it is when it is parsed: %s', (_, text) => {
    expect(isTakenAlike(text)).toBe(true);
    expect(isTakenAlike(text, { isVisitor: true })).toBe(true);
  });

  it('keeps contexts of calls in a row apart', () => {
    const call = (path: string) =>
      `{"type":"track","event":"Custom","userId":"u","context":{"page":{"path":"${path}"}}}`;
    expect(
      isTakenAlike(`{"batch":[${['/a', '/b', '/b', '/ccc'].map(call)}]}`, { isVisitor: true }),
    ).toBe(true);
  });

  it('keeps customers in a row apart', () => {
    const calls = [
      '"userId":"a"',
      '"userId":"b"',
      '"userId":"b","anonymousId":"a"',
      '"anonymousId":"b"',
    ];
    const texts = calls.map((ids) => `{"type":"track","event":"Custom",${ids}}`);
    expect(isTakenAlike(`{"batch":[${texts}]}`)).toBe(true);
  });

  it('keeps types and names in a row apart', () => {
    const texts = [
      '"type":"track","event":"Custom"',
      '"type":"track","event":"Cancel"',
      '"type":"screen"',
    ];
    const calls = texts.map((text) => `{${text},"userId":"u"}`);
    expect(isTakenAlike(`{"batch":[${calls}]}`)).toBe(true);
  });
});

describe('a body that is parsed', () => {
  it.each([
    ['white space', withProperties('{"a": 1}')],
    ['white space behind', `${withProperties('{"a":1}')}\n`],
    ['a zero behind the last digit', withProperties('{"a":1.50}')],
    ['a fraction of nothing', withProperties('{"a":1.0}')],
    ['an exponent', withProperties('{"a":1e5}')],
    ['a zero below nought', withProperties('{"a":-0}')],
    ['a fraction below nought', withProperties('{"a":-0.0}')],
    ['more digits than a double has', withProperties('{"a":1234567890123456}')],
    ['a fraction written with an exponent', withProperties('{"a":0.0000001}')],
    ['an escaped solidus', withProperties(String.raw`{"a":"\/"}`)],
    ['an escaped letter', withProperties(String.raw`{"a":"\u0061"}`)],
    ['an escaped name', withProperties(String.raw`{"\u0061":1}`)],
    ['an address', withProperties('{"a":"ann@shop.example"}')],
    ['an address in a text', withProperties('{"a":"@ann: ann@shop.example"}')],
    ['an address in quotes', withProperties(String.raw`{"a":"\"ann b\"@shop.example"}`)],
    ['an escaped address', withProperties(String.raw`{"a":"ann\u0040shop.example"}`)],
    ['an encoded address', withProperties('{"a":"?m=ann%40shop.example"}')],
    ['a field twice', withProperties('{"a":1,"a":2}')],
    [
      'a field of the schema twice',
      withCall(`${viewed},"properties":{"product_id":"1","product_id":"2"}`),
    ],
    [
      'an optional field of the schema twice',
      withCall(`${viewed},"properties":{"product_id":"1","price":1,"price":2}`),
    ],
    [
      'a field of the call twice',
      withCall(`${viewed},"userId":"v","properties":{"product_id":"1"}`),
    ],
    [
      'another field of the call twice',
      withCall(`${viewed},"a":1,"a":2,"properties":{"product_id":"1"}`),
    ],
    [
      'a field of the envelope twice',
      '{"batch":[{"type":"page","userId":"u"}],"sentAt":"2026-11-23T11:00:00.000Z","sentAt":"2026-11-23T11:00:01.000Z"}',
    ],
    ['a prototype', withProperties('{"__proto__":{"a":1}}')],
    ['a name of digits', withProperties('{"b":1,"1":2}')],
    ['a name without letters', withProperties('{"":1}')],
    ['an own serialiser', withProperties('{"toJSON":1}')],
    ['a field for an address', withProperties('{"email":"x"}')],
    ['a field for a hashed address', withProperties(`{"email_sha256":"${'a'.repeat(64)}"}`)],
    ['a field for an address of a network', withProperties('{"client_ip":"203.0.113.77"}')],
    ['an address of a network in the context', withContext('{"ip":"203.0.113.77"}')],
    ['what a schema refuses', withCall(`${viewed},"properties":{"product_id":""}`)],
    ['what a schema misses', withCall(`${viewed},"properties":{"price":1}`)],
    ['properties that a schema misses', withCall(viewed)],
    [
      'what a schema turns into a number',
      withCall(`${viewed},"properties":{"product_id":"1","price":"1.5"}`),
    ],
    ['what a schema turns into a text', withCall(`${viewed},"properties":{"product_id":1}`)],
    [
      'a currency in small letters',
      withCall(`${viewed},"properties":{"product_id":"1","currency":"gbp"}`),
    ],
    [
      'an id of a hashed address',
      withCall(`"type":"page","userId":"email_sha256:${'a'.repeat(64)}"`),
    ],
    ['an id that is a number', withCall('"type":"page","userId":7')],
    ['an id of letters beyond ASCII', withCall('"type":"page","userId":"é"')],
    ['no id', withCall('"type":"page"')],
    ['no id but null', withCall('"type":"page","userId":null')],
    ['no type', withCall('"event":"Custom","userId":"u"')],
    ['an unknown type', withCall('"type":"sneeze","userId":"u"')],
    ['no event', withCall('"type":"track","userId":"u"')],
    ['an event without a name', withCall('"type":"track","event":"","userId":"u"')],
    [
      'an event whose name has an escape',
      withCall(String.raw`"type":"track","event":"a\"b","userId":"u"`),
    ],
    [
      'an event that a registered schema refuses',
      withCall('"type":"track","event":"Refused","userId":"u"'),
    ],
    ['an hour too many', withTime('2026-11-23T24:00:00.001Z')],
    ['a month too many', withTime('2025-13-23T11:00:00.000Z')],
    ['no such day', withTime('2025-11-31T11:00:00.000Z')],
    ['no time', withTime('yesterday')],
    ['a time to come', withTime('2027-11-23T11:00:00.000Z')],
    ['a context for all', '{"batch":[{"type":"page","userId":"u"}],"context":{"locale":"de"}}'],
    ['integrations for all', '{"batch":[{"type":"page","userId":"u"}],"integrations":{}}'],
    ['a batch of nothing', '{"batch":[]}'],
    ['a batch that is none', '{"batch":{}}'],
    ['no batch', '{"sentAt":"2026-11-23T11:00:00.000Z"}'],
    ['nothing', '{}'],
    ['more than one value', '{"batch":[{"type":"page","userId":"u"}]}{}'],
    ['a list that is not closed', withProperties('{"a":[1,2}')],
    ['a list that is closed as an object', withProperties('{"a":[1,2}}')],
    ['an object that is closed as a list', withProperties('{"a":1]')],
    ['an object that is not closed', '{"batch":[{"type":"page","userId":"u"'],
    ['a comma too many', withProperties('{"a":1,}')],
    ['a comma too many in a list', withProperties('{"a":[1,]}')],
    ['a zero before a digit', withProperties('{"a":01}')],
    ['a sign before a number', withProperties('{"a":+1}')],
    ['a control character', withProperties('{"a":"\u0001"}')],
    ['a control character in a name', withProperties('{"a\n":1}')],
    ['a word that is none', withProperties('{"a":nule}')],
    ['more levels than are taken', withProperties(`{"a":${'['.repeat(20)}${']'.repeat(20)}}`)],
  ])('is one with %s', (_, text) => {
    expect(isTakenAlike(text)).toBe(false);
  });

  it('is one with a call of a family that its source may not send', () => {
    const body = withCall(`${viewed},"properties":{"product_id":"1"}`);
    expect(isTakenAlike(body, { eventFamilies: ['commerce'] })).toBe(true);
    expect(isTakenAlike(body, { eventFamilies: ['custom'] })).toBe(false);
  });

  it('is one with a call of more bytes than a call may have', () => {
    expect(isTakenAlike(withProperties(`{"a":"${'x'.repeat(40_000)}"}`))).toBe(false);
  });

  it('is one with more calls than a batch may have', () => {
    const calls = Array.from({ length: 2_501 }, () => '{"type":"page","userId":"u"}');
    expect(isTakenAlike(`{"batch":[${calls}]}`)).toBe(false);
  });
});
