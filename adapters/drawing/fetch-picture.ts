import { imageSize } from 'image-size';
import { Agent, request } from 'undici';
import { checkedUrl, type EgressRules, guardedLookup } from '../sources/public-address.ts';

/** A product's picture; larger ones are for print. */
const PICTURE_BYTES_MAX = 3 * 1024 * 1024;
/** Four bytes a pixel once it is decoded: 48 MB. */
const PICTURE_PIXELS_MAX = 12_000_000;
/** A reader waits for the image; the item's initial is drawn instead. */
const PICTURE_MS_MAX = 1_500;

/** What the renderer decodes, by the names that image-size gives. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  gif: 'image/gif',
};

/** The picture at an address as a data URI; empty where it can't be had, is too large, or is none that can be drawn. */
export type FetchPicture = (url: string) => Promise<string>;

/** Asks only public addresses, and follows nobody elsewhere: who writes the catalogue must not see our network. */
export function createFetchPicture(
  rules: EgressRules = { allowPrivateAddresses: false },
): FetchPicture {
  const dispatcher = new Agent({
    connect: { lookup: guardedLookup(rules), timeout: PICTURE_MS_MAX },
    maxResponseSize: PICTURE_BYTES_MAX,
  });
  return async (url) => {
    try {
      const answer = await request(checkedUrl(url, rules), {
        dispatcher,
        signal: AbortSignal.timeout(PICTURE_MS_MAX),
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      return answer.statusCode === 200 ? dataUriOf(bytes) : '';
    } catch {
      return '';
    }
  };
}

function dataUriOf(bytes: Buffer): string {
  const { type = '', width, height } = imageSize(bytes);
  const mediaType = TYPES[type];
  if (mediaType === undefined || width * height > PICTURE_PIXELS_MAX) return '';
  return `data:${mediaType};base64,${bytes.toString('base64')}`;
}
