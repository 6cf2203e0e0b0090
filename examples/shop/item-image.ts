import { createHash } from 'node:crypto';

/** What a picture is drawn from. */
interface Drawable {
  readonly itemId: string;
  readonly title: string;
  readonly category: string;
}

const SIZE_PX = 168;

/**
 * A picture of an item as SVG: the shape follows the category, colours and proportions the item, so
 * that equal items look equal and different ones don't. Under 1 KB.
 */
export function drawItemSvg(item: Drawable): string {
  const bytes = createHash('sha256').update(`${item.category}/${item.itemId}`).digest();
  const categoryByte = createHash('sha256').update(item.category).digest()[0] ?? 0;
  const byte = (index: number) => bytes[index] ?? 0;
  const hue = Math.round((categoryByte / 256) * 360);
  const accent = (hue + 25 + byte(0) / 4) % 360;
  const back = `hsl(${hue} 45% 92%)`;
  const main = `hsl(${Math.round(accent)} ${45 + (byte(1) % 30)}% ${42 + (byte(2) % 18)}%)`;
  const dark = `hsl(${Math.round(accent)} 40% 26%)`;
  const width = 56 + (byte(3) % 40);
  const height = 56 + (byte(4) % 48);
  const shape = shapes[item.category] ?? box;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE_PX}" height="${SIZE_PX}" viewBox="0 0 ${SIZE_PX} ${SIZE_PX}" role="img"><rect width="${SIZE_PX}" height="${SIZE_PX}" fill="${back}"/><ellipse cx="84" cy="140" rx="${Math.round(width * 0.7)}" ry="7" fill="${dark}" opacity=".15"/>${shape(width, height, main, dark)}</svg>`;
}

type Shape = (width: number, height: number, main: string, dark: string) => string;

const vessel: Shape = (width, height, main, dark) => {
  const left = 84 - width / 2;
  const top = 138 - height;
  return `<path d="M${left} ${top}h${width}l-8 ${height}h-${width - 16}z" fill="${main}"/><path d="M${84 + width / 2 - 2} ${top + 10}q24 ${height / 3} -4 ${height / 1.8}" fill="none" stroke="${dark}" stroke-width="6"/><rect x="${left - 3}" y="${top - 6}" width="${width + 6}" height="8" rx="4" fill="${dark}"/>`;
};

const lamp: Shape = (width, height, main, dark) =>
  `<rect x="81" y="${138 - height}" width="6" height="${height}" fill="${dark}"/><path d="M${84 - width / 3} ${142 - height}h${(width * 2) / 3}l14 34h-${(width * 2) / 3 + 28}z" transform="translate(0 -30)" fill="${main}"/><ellipse cx="84" cy="138" rx="26" ry="6" fill="${dark}"/>`;

const box: Shape = (width, height, main, dark) =>
  `<rect x="${84 - width / 2}" y="${138 - height}" width="${width}" height="${height}" rx="6" fill="${main}"/><rect x="${84 - width / 2}" y="${138 - height * 0.7}" width="${width}" height="8" fill="${dark}"/><circle cx="84" cy="${138 - height * 0.3}" r="6" fill="${dark}"/>`;

const cloth: Shape = (width, height, main, dark) =>
  `<path d="M${84 - width / 2} ${138 - height}q${width / 4} 14 ${width / 2} 0t${width / 2} 0v${height}q-${width / 4} -14 -${width / 2} 0t-${width / 2} 0z" fill="${main}"/><path d="M${84 - width / 2} ${120 - height / 3}h${width}" stroke="${dark}" stroke-width="4" stroke-dasharray="7 6"/>`;

const toy: Shape = (width, _height, main, dark) => {
  const half = width / 2;
  return `<rect x="${84 - half}" y="${138 - half}" width="${half - 2}" height="${half}" rx="3" fill="${main}"/><rect x="86" y="${138 - half}" width="${half - 2}" height="${half}" rx="3" fill="${dark}"/><path d="M84 ${132 - width}l${half * 0.7} ${half}h-${half * 1.4}z" fill="${main}"/>`;
};

/** What the items of a category look like. */
const shapes: Readonly<Record<string, Shape>> = {
  'Coffee and tea': vessel,
  Cookware: vessel,
  Bedding: cloth,
  Lighting: lamp,
  Garden: vessel,
  Stationery: box,
  Toys: toy,
  Bath: cloth,
};

/**
 * A block with its pictures inside, so that one file shows everything without a server. The block
 * itself links to pictures on the shop's site, as an email must: mail clients don't show data URIs.
 */
export function inlineImages(
  html: string,
  items: readonly (Drawable & { readonly imageUrl: string })[],
): string {
  const pictures = new Map(items.map((item) => [item.imageUrl, item]));
  return html.replace(/ src="([^"]*)"/g, (attribute, url: string) => {
    const item = pictures.get(url);
    return item === undefined
      ? attribute
      : ` src="data:image/svg+xml;base64,${Buffer.from(drawItemSvg(item)).toString('base64')}"`;
  });
}
