import { describe, expect, it } from 'vitest';
import type { SlotImage } from '../../core/blocks/slot-image.ts';
import { SlotPictures } from '../../lambdas/api/slot-picture.ts';
import { placementNamed } from './small-shop.ts';

const { placement } = placementNamed('popular');
const item = (changes: object = {}) => ({
  item: {
    ...{ item_id: 'a', title: 'Mug', price: 4, price_text: '£4.00', currency: 'GBP' },
    ...{ url: 'https://shop.example/a', image_url: 'https://shop.example/a.png', reason: '' },
    rung: 'popular' as const,
    ...{ experiment: '', variant: '' },
    ...changes,
  },
  placement,
});

/** Pictures by their addresses; what isn't there can't be had. */
function shop(pictures: Record<string, string>) {
  const drawn: SlotImage[] = [];
  const fetched: string[] = [];
  const slots = new SlotPictures(
    async (url) => {
      fetched.push(url);
      return pictures[url] ?? '';
    },
    async (image) => {
      drawn.push(image);
      return new TextEncoder().encode(JSON.stringify(image));
    },
  );
  return { slots, drawn, fetched, pictures };
}
const URL_A = 'https://shop.example/a.png';
const URL_B = 'https://shop.example/b.png';

describe('a slot’s picture', () => {
  it('is drawn once from the same, whichever item and address it comes from', async () => {
    const { slots, drawn, fetched } = shop({ [URL_A]: 'data:1', [URL_B]: 'data:1' });
    const first = await slots.draw(item());
    expect(await slots.draw(item({ item_id: 'b', reason: 'else' }))).toEqual(first);
    expect(fetched).toEqual([URL_A]);
    expect(await slots.draw(item({ image_url: URL_B }))).toEqual(first);
    expect(drawn).toHaveLength(1);
    const elsewhere = shop({ [URL_A]: 'data:1' });
    expect((await elsewhere.slots.draw(item())).identity).toBe(first.identity);
  });

  it.each([
    ['title', { title: 'Cup' }],
    ['price', { price: 5, price_text: '£5.00' }],
    ['picture', { image_url: URL_B }],
  ])('is another with another %s', async (_, changes) => {
    const { slots, drawn } = shop({ [URL_A]: 'data:1', [URL_B]: 'data:2' });
    const { identity } = await slots.draw(item());
    expect((await slots.draw(item(changes))).identity).not.toBe(identity);
    expect(drawn).toHaveLength(2);
  });

  it('without its picture is another than with it, and asks again', async () => {
    const { slots, drawn, fetched, pictures } = shop({});
    const without = await slots.draw(item());
    expect(await slots.draw(item())).toEqual(without);
    expect([fetched.length, drawn.length]).toEqual([2, 1]);
    pictures[URL_A] = 'data:1';
    const { identity } = await slots.draw(item());
    expect(identity).not.toBe(without.identity);
    expect(drawn.at(-1)?.picture).toBe('data:1');
  });
});
