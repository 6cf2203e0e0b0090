import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostPattern, isAllowedAddress } from '../../core/blocks/allowed-hosts.ts';
import { type Click, makeClickToken, readClickToken } from '../../core/blocks/click-token.ts';

const SECRET = 's'.repeat(64);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const clicks: fc.Arbitrary<Click> = fc.record({
  url: fc.webUrl(),
  placement: text,
  itemId: text,
  identityRef: text,
  experiment: text,
  variant: text,
  campaign: text,
});
const expiries = fc.integer({ min: 1, max: 4_000_000_000 });

describe('a click’s token', () => {
  it('says what it was made of, until it expires', () => {
    fc.assert(
      fc.property(clicks, expiries, (click, expiresAtS) => {
        const token = makeClickToken(click, expiresAtS, SECRET);
        expect(readClickToken(token, expiresAtS - 1, SECRET)).toEqual({ kind: 'valid', click });
        expect(readClickToken(token, expiresAtS, SECRET)).toEqual({ kind: 'expired', click });
        expect(token).toMatch(/^[\w.-]+$/);
      }),
    );
  });

  it('is the same for the same click, so that an answer stays the same', () => {
    fc.assert(
      fc.property(clicks, expiries, (click, expiresAtS) => {
        expect(makeClickToken(click, expiresAtS, SECRET)).toBe(
          makeClickToken({ ...click }, expiresAtS, SECRET),
        );
      }),
    );
  });

  it('of which one character is another is none', () => {
    fc.assert(
      fc.property(clicks, expiries, fc.nat(), fc.nat(63), (click, expiresAtS, place, other) => {
        const token = makeClickToken(click, expiresAtS, SECRET);
        const at = place % token.length;
        const character = `${'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[other]}`;
        fc.pre(token[at] !== character);
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(readClickToken(changed, 0, SECRET)).toEqual({ kind: 'invalid' });
      }),
    );
  });

  it('is none under another secret, and no other text is one', () => {
    fc.assert(
      fc.property(clicks, expiries, text, (click, expiresAtS, other) => {
        const token = makeClickToken(click, expiresAtS, SECRET);
        expect(readClickToken(token, 0, `${SECRET}x`)).toEqual({ kind: 'invalid' });
        expect(readClickToken(other, 0, SECRET)).toEqual({ kind: 'invalid' });
      }),
    );
  });
});

describe('a redirect', () => {
  const hosts = ['shop.example', '*.shop.example'];

  it.each([
    'https://shop.example/a?b=c#d',
    'http://shop.example',
    'https://www.shop.example/a',
    'https://a.b.shop.example/',
    'https://SHOP.example/',
    'https://shop.example:443/',
    // A backslash is a slash to browsers, as it is to us: the host is the shop's own.
    'https://shop.example\\@evil.example/',
  ])('may lead to %s', (address) => expect(isAllowedAddress(address, hosts)).toBe(true));

  it.each([
    'https://evil.example/',
    'https://evilshop.example/',
    'https://shop.example.evil.example/',
    'https://shop.example@evil.example/',
    'https://user:password@shop.example/',
    'https://shop.example:8443/',
    'https://evil.example/?https://shop.example/',
    'javascript:alert(1)//shop.example',
    'data:text/html,shop.example',
    'ftp://shop.example/',
    '//shop.example/',
    '/products',
    '',
  ])('may not lead to %s, which would be foreign, hidden or no page', (address) => {
    expect(isAllowedAddress(address, hosts)).toBe(false);
  });

  it('leads nowhere where no host is named', () => {
    fc.assert(
      fc.property(fc.webUrl(), (address) => {
        expect(isAllowedAddress(address, [])).toBe(false);
      }),
    );
  });

  it.each([
    '*',
    '*.',
    'com',
    '*.*.example',
    'https://shop.example',
    'Shop.example',
    'a..b',
    '-a.b',
  ])('has no use for %s as a host', (pattern) =>
    expect(hostPattern.safeParse(pattern).success).toBe(false),
  );
});
