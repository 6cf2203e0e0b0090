import { describe, expect, it } from 'vitest';
import { isOrigin, isOriginAllowed, originPattern } from '../../core/events/allowed-origin.ts';

describe('an origin', () => {
  it.each([
    'https://shop.example',
    'http://localhost:3000',
    'https://[::1]:8443',
    'capacitor://localhost',
    'null',
  ])('%s is one', (text) => expect(isOrigin(text)).toBe(true));

  it.each(['', 'shop.example', 'https://shop.example/', 'https://a b', 'https://a\r\nX: y', '*'])(
    '%j is none',
    (text) => expect(isOrigin(text)).toBe(false),
  );
});

describe('a source’s allowed origins', () => {
  it('are any where none are named', () => {
    expect(isOriginAllowed('https://anywhere.example', undefined)).toBe(true);
  });

  it.each([
    ['https://shop.example', 'https://shop.example', true],
    ['HTTPS://Shop.Example', 'https://shop.example', true],
    ['http://shop.example', 'https://shop.example', false],
    ['https://shop.example:8443', 'https://shop.example', false],
    ['https://shop.example.evil.example', 'https://shop.example', false],
    ['https://www.shop.example', 'https://*.shop.example', true],
    ['https://a.b.shop.example', 'https://*.shop.example', true],
    ['https://shop.example', 'https://*.shop.example', false],
    ['https://evilshop.example', 'https://*.shop.example', false],
    ['https://evil.example/.shop.example', 'https://*.shop.example', false],
    ['http://www.shop.example', 'https://*.shop.example', false],
    ['null', 'https://shop.example', false],
  ])('%s against %s: %s', (origin, pattern, isAllowed) => {
    expect(isOriginAllowed(origin, [pattern])).toBe(isAllowed);
  });

  it('named but none allow no page', () => {
    expect(isOriginAllowed('https://shop.example', [])).toBe(false);
  });

  it.each(['https://shop.example/', 'shop.example', '*', 'https://*', 'https://Shop.example'])(
    'cannot be %s',
    (text) => expect(originPattern.safeParse(text).success).toBe(false),
  );
});
