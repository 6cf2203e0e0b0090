import { drawablePrice, drawableText, type HasGlyph } from './drawable-text.ts';
import { escapeHtml } from './escape-html.ts';
import type { TextDirection } from './text-direction.ts';

/** What a slot's image shows of an item. */
export interface SlotImage {
  readonly title: string;
  readonly priceText: string;
  /** The price by digits and the currency's code, where the font lacks a sign of `priceText`. */
  readonly plainPriceText: string;
  readonly direction: TextDirection;
  readonly widthPx: number;
  readonly heightPx: number;
  /** The picture as a data URI; empty where there is none. */
  readonly picture: string;
}

/** The size where a placement names none: two or three beside each other in a mail of 600 px. */
export const SLOT_WIDTH_PX = 280;
export const SLOT_HEIGHT_PX = 360;

const PADDING_PX = 12;
const TITLE_SIZE_PX = 16;
const PRICE_SIZE_PX = 18;
const LINE_PX = 22;
const LINES_MAX = 2;
/** A DejaVu Sans Condensed letter is about this wide, of its size: the last word is the renderer's measure. */
const LETTER_WIDTH = 0.56;
export const FONT_FAMILY = 'DejaVu Sans';

/** The image with texts of which the font has every letter. */
export function drawableImage(image: SlotImage, hasGlyph: HasGlyph): SlotImage {
  const { title, priceText, plainPriceText } = image;
  return {
    ...image,
    title: drawableText(title, hasGlyph),
    priceText: drawablePrice(priceText, plainPriceText, hasGlyph),
  };
}

/** The image as SVG, drawn at its own size; `textScale` makes the text smaller where it was too wide. */
export function slotImageSvg(image: SlotImage, textScale = 1): string {
  const { widthPx, heightPx, picture } = image;
  const textTopPx = heightPx - PADDING_PX - LINE_PX * (LINES_MAX + 1) - 4;
  const sizePx = {
    width: widthPx - 2 * PADDING_PX,
    height: Math.max(0, textTopPx - 2 * PADDING_PX),
  };
  const place = `x="${PADDING_PX}" y="${PADDING_PX}" width="${sizePx.width}" height="${sizePx.height}"`;
  const shown =
    picture === ''
      ? `<rect ${place} rx="6" fill="#eef1f5"/>${initialOf(image, sizePx)}`
      : `<image ${place} href="${escapeHtml(picture)}" preserveAspectRatio="xMidYMid meet"/>`;
  return svgOf(
    image,
    `<rect width="100%" height="100%" fill="#ffffff"/>${shown}${textsOf(image, textTopPx, textScale)}`,
  );
}

/** The texts alone, for measuring them. */
export function slotTextsSvg(image: SlotImage, textScale = 1): string {
  return svgOf(image, textsOf(image, 0, textScale));
}

/** How wide a text may be. */
export function textWidthMaxPx({ widthPx }: SlotImage): number {
  return widthPx - 2 * PADDING_PX;
}

function svgOf({ widthPx, heightPx }: SlotImage, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}">${content}</svg>`;
}

function textsOf(image: SlotImage, topPx: number, scale: number): string {
  const lines = linesOf(image.title, textWidthMaxPx(image) / (TITLE_SIZE_PX * LETTER_WIDTH));
  const titles = lines.map((line, index) =>
    textOf(image, line, topPx + LINE_PX * (index + 1) - 4, TITLE_SIZE_PX * scale, 400),
  );
  const priceY = topPx + LINE_PX * (Math.max(1, lines.length) + 1);
  return titles.join('') + textOf(image, image.priceText, priceY, PRICE_SIZE_PX * scale, 700);
}

function textOf(
  { direction, widthPx }: SlotImage,
  text: string,
  yPx: number,
  sizePx: number,
  weight: number,
): string {
  if (text === '') return '';
  const isRtl = direction === 'rtl';
  const x = isRtl ? widthPx - PADDING_PX : PADDING_PX;
  // The renderer takes every paragraph for left-to-right: an embedding says otherwise (UAX 9, 2.1).
  const shown = isRtl ? `\u202b${text}\u202c` : text;
  return `<text x="${x}" y="${yPx}" text-anchor="${isRtl ? 'end' : 'start'}" font-family="${FONT_FAMILY}" font-stretch="condensed" font-size="${sizePx.toFixed(2)}" font-weight="${weight}" fill="#16181d">${escapeHtml(shown)}</text>`;
}

function initialOf(image: SlotImage, sizePx: { width: number; height: number }): string {
  const initial = [...image.title][0]?.toUpperCase() ?? '';
  if (initial === '') return '';
  return `<text x="${PADDING_PX + sizePx.width / 2}" y="${PADDING_PX + sizePx.height / 2 + 22}" text-anchor="middle" font-family="${FONT_FAMILY}" font-stretch="condensed" font-size="64" fill="#5a6472">${escapeHtml(initial)}</text>`;
}

/** Words in lines of about so many letters; what is beyond the last line is cut with an ellipsis. */
function linesOf(text: string, lettersMax: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < LINES_MAX) {
    const isLast = lines.length === LINES_MAX - 1;
    const { line, after } = lineOf(rest, lettersMax, isLast);
    lines.push(line);
    rest = after;
  }
  return lines;
}

function lineOf(
  text: string,
  lettersMax: number,
  isLast: boolean,
): { line: string; after: string } {
  const letters = [...text];
  if (letters.length <= lettersMax) return { line: text, after: '' };
  const fitting = letters.slice(0, Math.max(1, Math.floor(lettersMax))).join('');
  const space = fitting.lastIndexOf(' ');
  const line = space > 0 ? fitting.slice(0, space) : fitting;
  return isLast
    ? { line: `${line.slice(0, -1)}…`, after: '' }
    : { line, after: text.slice(line.length).trimStart() };
}
