import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawingFiles } from '#drawing-files';
import { fontCoverage } from '../../adapters/drawing/font-coverage.ts';
import { drawablePrice, drawableText } from '../../core/blocks/drawable-text.ts';

const coverages = drawingFiles().fonts.map(fontCoverage);
const hasGlyph = (codePoint: number) => coverages.every((coverage) => coverage.has(codePoint));

describe('what a font covers', () => {
  it('is read of it: letters of its scripts, and none of others', () => {
    for (const letter of 'aŁЁΩשحՀა€₹₽') expect(hasGlyph(letter.codePointAt(0) ?? 0)).toBe(true);
    for (const letter of '日ไज한ہ₼₾') expect(hasGlyph(letter.codePointAt(0) ?? 0)).toBe(false);
  });

  it('is refused of what is no font', () => {
    expect(() => fontCoverage(new Uint8Array(64))).toThrow('no table cmap');
  });
});

describe('a text that is drawn', () => {
  it.each([
    ['Łódź Ёлка Ωμέγα שלום حذاء', 'Łódź Ёлка Ωμέγα שלום حذاء'],
    ['Mug 🎉 © 2', 'Mug © 2'],
    ['Mug 🇬🇧 🏴‍☠️', 'Mug'],
    ['Mug ⓐ⏶ x', 'Mug x'],
    ['Ｍｕｇ　２', 'Mug 2'],
    ['Cafe\u0301', 'Café'],
    ['日本の靴', ''],
    ['Nike 靴', ''],
    ['رنگ ہوا', ''],
    ['', ''],
    ['a\n\tb', 'a b'],
  ])('of %j is %j', (text, drawn) => {
    expect(drawableText(text, hasGlyph)).toBe(drawn);
  });

  it.each([
    ['£12.50', 'GBP 12.50', '£12.50'],
    ['￥4,950', 'JPY 4,950', '¥4,950'],
    ['12,50 ₼', 'AZN 12.50', 'AZN 12.50'],
    ['৪,৯৫০৳', 'BDT 4,950.00', 'BDT 4,950.00'],
    ['', '', ''],
  ])('of the price %j, else %j, is %j', (text, plain, drawn) => {
    expect(drawablePrice(text, plain, hasGlyph)).toBe(drawn);
  });

  it('holds nothing that would be a box', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const drawn = drawableText(text, hasGlyph) + drawablePrice(text, text, hasGlyph);
        for (const character of drawn) {
          const isDrawn = hasGlyph(character.codePointAt(0) ?? 0);
          expect(isDrawn || /\p{Default_Ignorable_Code_Point}/u.test(character)).toBe(true);
        }
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });
});
