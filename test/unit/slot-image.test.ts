import fc from 'fast-check';
import { imageSize } from 'image-size';
import { describe, expect, it } from 'vitest';
import { drawPng } from '../../adapters/drawing/draw-png.ts';
import { type SlotImage, slotImageSvg } from '../../core/blocks/slot-image.ts';

const shoe: SlotImage = {
  title: 'Canvas trainers',
  priceText: '£49.50',
  plainPriceText: 'GBP 49.50',
  direction: 'ltr',
  widthPx: 100,
  heightPx: 120,
  picture: '',
};
const bytesOf = async (image: SlotImage) => Buffer.from(await drawPng(image));

describe('a slot’s image', () => {
  it('is drawn the same from the same, at twice its size', async () => {
    const png = await bytesOf(shoe);
    expect(imageSize(png)).toMatchObject({ type: 'png', width: 200, height: 240 });
    expect(png.equals(await bytesOf(shoe))).toBe(true);
  });

  it('shows title, price and direction', async () => {
    const png = await bytesOf(shoe);
    for (const changes of [{ title: 'Mug' }, { priceText: '£4' }, { direction: 'rtl' as const }]) {
      expect(png.equals(await bytesOf({ ...shoe, ...changes }))).toBe(false);
    }
  });

  it.each(['日本の靴', 'รองเท้า', 'जूते', '鞋', '신발', 'جوتے کی ہوا'])(
    'leaves out a title in letters that the font lacks, and keeps price and picture: %s',
    async (title) => {
      const { length } = await bytesOf({ ...shoe, title: '', priceText: '' });
      const png = await bytesOf({ ...shoe, title });
      expect(png.equals(await bytesOf({ ...shoe, title: '' }))).toBe(true);
      expect(png.length).toBeGreaterThan(length);
    },
  );

  it('says the currency by its code where the font lacks its sign', async () => {
    const price = { priceText: '12,50 ₼', plainPriceText: 'AZN 12.50' };
    const plain = await bytesOf({ ...shoe, priceText: 'AZN 12.50' });
    expect((await bytesOf({ ...shoe, ...price })).equals(plain)).toBe(true);
  });

  it('is an image of any text, and no text becomes markup', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, text, async (title, priceText) => {
        const image = { ...shoe, title, priceText, plainPriceText: '' };
        expect(slotImageSvg(image).match(/<(?!\/?(svg|rect|text|image)\b)/g)).toBeNull();
        expect(imageSize(await bytesOf(image)).type).toBe('png');
      }),
      { numRuns: 40 },
    );
  });

  it.each(['<script>alert(1)</script>', '"/><image href="http://evil.example/"/>', ']]>&x;'])(
    'of a title that is markup shows it as text: %s',
    async (title) => {
      expect(slotImageSvg({ ...shoe, title })).not.toMatch(/<script|<image|&x;/);
      expect(imageSize(await bytesOf({ ...shoe, title })).width).toBe(200);
    },
  );
});
