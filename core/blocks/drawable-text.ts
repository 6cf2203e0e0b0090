/** Whether the font of images has a glyph for a code point. */
export type HasGlyph = (codePoint: number) => boolean;

/** Pictures among the letters, and what joins them: drawn in one colour they are hardly known again. */
const PICTOGRAPHS =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f/gu;
const KEPT_PICTOGRAPHS = /[©®™]/u;
/** Forms of the width of an ideograph, which mean what the usual ones do. */
const FULL_WIDTH = /[\uff01-\uffee\u3000]/gu;
const LETTER = /[\p{L}\p{M}\p{N}]/u;
/** Directions and joiners, which have no glyph and need none. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * A text as it can be drawn: signs that the font lacks are left out, and where it lacks a letter there is nothing, since a
 * word with boxes in it says less than none.
 */
export function drawableText(text: string, hasGlyph: HasGlyph): string {
  const drawable: string[] = [];
  for (const character of plainText(text)) {
    if (INVISIBLE.test(character) || hasGlyph(character.codePointAt(0) ?? 0)) {
      drawable.push(character);
    } else if (LETTER.test(character)) return '';
  }
  return drawable.join('').replace(/ {2,}/g, ' ').trim();
}

/** A price as it can be drawn: `plain` where a sign is lacking, since it may be the currency's. */
export function drawablePrice(text: string, plain: string, hasGlyph: HasGlyph): string {
  const isWhole = [...plainText(text)].every(
    (character) => INVISIBLE.test(character) || hasGlyph(character.codePointAt(0) ?? 0),
  );
  return isWhole ? plainText(text) : drawableText(plain, hasGlyph);
}

function plainText(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(FULL_WIDTH, (form) => form.normalize('NFKC'))
    .replace(PICTOGRAPHS, (sign) => (KEPT_PICTOGRAPHS.test(sign) ? sign : ''))
    .replace(/\s+/g, ' ')
    .trim();
}
