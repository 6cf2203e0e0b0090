import { createHash } from 'node:crypto';
import { drawPng } from '../../adapters/drawing/draw-png.ts';
import type { FetchPicture } from '../../adapters/drawing/fetch-picture.ts';
import { plainPriceText } from '../../core/blocks/present.ts';
import { SLOT_HEIGHT_PX, SLOT_WIDTH_PX, type SlotImage } from '../../core/blocks/slot-image.ts';
import { directionOf } from '../../core/blocks/text-direction.ts';
import { AnswerCache } from './answer-cache.ts';
import type { SlotItem } from './slot-item.ts';

/** Some hundred kilobytes each, a few megabytes at most: within the function's memory. */
const IMAGES_MAX = 64;
/** A changed picture under the same address shows after this. */
const FETCHED_FOR_S = 600;

/** A drawn image, and the name of what is on it: the same wherever and whenever the same is drawn. */
export interface SlotPicture {
  readonly png: Uint8Array;
  readonly identity: string;
}

/**
 * Images by what is drawn on them, the picture's own bytes among it: a mailing shows the same few items to many. So an
 * image without its picture, which could not be had, is another than the one with it, and nobody who keeps it is told
 * that nothing has changed.
 */
export class SlotPictures {
  readonly #fetchPicture: FetchPicture;
  readonly #draw: (image: SlotImage) => Promise<Uint8Array>;
  readonly #drawn = new AnswerCache<Uint8Array>(IMAGES_MAX);
  /** What was drawn for an item, without asking for its picture again. */
  readonly #identities = new AnswerCache<string>();

  constructor(
    fetchPicture: FetchPicture,
    draw: (image: SlotImage) => Promise<Uint8Array> = drawPng,
  ) {
    this.#fetchPicture = fetchPicture;
    this.#draw = draw;
  }

  async draw({ item, placement }: SlotItem): Promise<SlotPicture> {
    const { widthPx = SLOT_WIDTH_PX, heightPx = SLOT_HEIGHT_PX } = placement.image ?? {};
    const { title, price, currency, price_text: priceText, image_url: pictureUrl } = item;
    const content = {
      ...{ title, priceText, widthPx, heightPx },
      plainPriceText: price === null ? '' : plainPriceText(price, currency),
      direction: directionOf(placement.locale),
    };
    const asked = JSON.stringify([content, pictureUrl]);
    const known = this.#drawnAs(this.#identities.get(asked));
    if (known !== undefined) return known;
    const picture = pictureUrl === '' ? '' : await this.#fetchPicture(pictureUrl);
    const shown = JSON.stringify([content, picture]);
    const identity = createHash('sha256').update(shown).digest('base64url').slice(0, 27);
    // One whose picture could not be had is asked for again, with better luck.
    if (pictureUrl === '' || picture !== '') this.#identities.set(asked, identity, FETCHED_FOR_S);
    const drawn = this.#drawnAs(identity);
    if (drawn !== undefined) return drawn;
    const png = await this.#draw({ ...content, picture });
    this.#drawn.set(identity, png, FETCHED_FOR_S);
    return { png, identity };
  }

  #drawnAs(identity: string | undefined): SlotPicture | undefined {
    const png = identity === undefined ? undefined : this.#drawn.get(identity);
    return identity === undefined || png === undefined ? undefined : { png, identity };
  }
}
