import { createHash } from 'node:crypto';
import { drawPng } from '../../adapters/drawing/draw-png.ts';
import type { FetchPicture } from '../../adapters/drawing/fetch-picture.ts';
import { SLOT_HEIGHT_PX, SLOT_WIDTH_PX } from '../../core/blocks/slot-image.ts';
import { directionOf } from '../../core/blocks/text-direction.ts';
import { AnswerCache } from './answer-cache.ts';
import type { SlotItem } from './slot-item.ts';

/** A changed picture under the same address shows after this. */
const DRAWN_FOR_S = 600;

/** An image by what is drawn on it: a mailing shows the same few items to many. */
export class SlotPictures {
  readonly #fetchPicture: FetchPicture;
  readonly #drawn = new AnswerCache<Uint8Array>();

  constructor(fetchPicture: FetchPicture) {
    this.#fetchPicture = fetchPicture;
  }

  /** The PNG, and the name of what it shows. */
  async draw({ item, placement }: SlotItem): Promise<{ png: Uint8Array; identity: string }> {
    const { widthPx = SLOT_WIDTH_PX, heightPx = SLOT_HEIGHT_PX } = placement.image ?? {};
    const { title, price_text: priceText, image_url: pictureUrl } = item;
    const content = {
      title,
      priceText,
      widthPx,
      heightPx,
      direction: directionOf(placement.locale),
    };
    const shown = JSON.stringify([content, pictureUrl]);
    const identity = createHash('sha256').update(shown).digest('base64url').slice(0, 27);
    const known = this.#drawn.get(identity);
    if (known !== undefined) return { png: known, identity };
    const picture = pictureUrl === '' ? '' : await this.#fetchPicture(pictureUrl);
    const png = await drawPng({ ...content, picture });
    // One whose picture could not be had is drawn again, with better luck.
    if (pictureUrl === '' || picture !== '') this.#drawn.set(identity, png, DRAWN_FOR_S);
    return { png, identity };
  }
}
