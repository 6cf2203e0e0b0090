import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSignedToken, verifySignedToken } from '../../core/blocks/signed-token.ts';

const placement = fc.string().filter((text) => !text.includes('|'));
const subject = fc.record({ placement, customer: fc.string() });
const secret = fc.string({ minLength: 1 });
const expiry = fc.integer({ min: 1, max: 4_000_000_000 });

describe('a signed token', () => {
  it('is valid for its own subject and secret until it expires, and then expired', () => {
    fc.assert(
      fc.property(subject, expiry, secret, fc.nat(), (of, expiresAtS, key, awayS) => {
        const token = makeSignedToken(of, expiresAtS, key);
        expect(verifySignedToken(token, of, expiresAtS - 1 - awayS, key)).toBe('valid');
        expect(verifySignedToken(token, of, expiresAtS + awayS, key)).toBe('expired');
      }),
    );
  });

  it('is invalid for any other subject, expiry or secret, whatever separators they contain', () => {
    const separators = fc.stringMatching(/^[a|.1]{0,6}$/);
    const close = fc.record({
      placement: separators.filter((text) => !text.includes('|')),
      customer: separators,
    });
    const rest = { expiresAtS: fc.integer({ min: 1, max: 12 }), key: fc.constantFrom('k', 'l') };
    const claim = fc.record({ of: close, ...rest });
    const anyClaim = fc.record({
      of: fc.record({ placement: separators, customer: separators }),
      ...rest,
    });
    fc.assert(
      fc.property(claim, anyClaim, (made, claimed) => {
        fc.pre(JSON.stringify(made) !== JSON.stringify(claimed));
        const signature = makeSignedToken(made.of, made.expiresAtS, made.key).split('.')[1];
        const forged = `${claimed.expiresAtS}.${signature}`;
        expect(verifySignedToken(forged, claimed.of, 0, claimed.key)).toBe('invalid');
      }),
      { numRuns: 3000 },
    );
  });

  it('does not let a separator in a placement borrow from the customer', () => {
    const token = makeSignedToken({ placement: 'a', customer: 'b|c' }, 9, 's');
    expect(verifySignedToken(token, { placement: 'a|b', customer: 'c' }, 0, 's')).toBe('invalid');
  });

  it('has one form only: no character of it can be changed, added or dropped', () => {
    const of = { placement: 'for-you', customer: 'c-1' };
    const token = makeSignedToken(of, 2_000_000_000, 'secret');
    fc.assert(
      fc.property(
        fc.nat(token.length),
        fc.string({ maxLength: 2 }),
        fc.nat(2),
        (at, text, drop) => {
          const changed = token.slice(0, at) + text + token.slice(at + drop);
          fc.pre(changed !== token);
          expect(verifySignedToken(changed, of, 0, 'secret')).toBe('invalid');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('cannot be read in a second way by the bits that base64url leaves over', () => {
    const of = { placement: 'for-you', customer: 'c-1' };
    const token = makeSignedToken(of, 2_000_000_000, 'secret');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const accepted = [...alphabet].filter(
      (last) => verifySignedToken(token.slice(0, -1) + last, of, 0, 'secret') === 'valid',
    );
    expect(accepted).toEqual([token.at(-1)]);
  });

  it('is judged invalid, never an exception, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), subject, fc.integer(), secret, (text, of, nowS, key) => {
        expect(verifySignedToken(text, of, nowS, key)).toBe('invalid');
      }),
    );
  });

  it('is not made for a placement with a separator or a time that is none', () => {
    const of = { placement: 'for-you', customer: 'c' };
    expect(() => makeSignedToken({ ...of, placement: 'a|b' }, 1, 's')).toThrow(RangeError);
    for (const time of [0, -1, 1.5, Number.NaN, 1e12]) {
      expect(() => makeSignedToken(of, time, 's')).toThrow(RangeError);
    }
  });
});
