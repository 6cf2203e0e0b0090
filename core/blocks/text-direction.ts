/** Scripts written from right to left that a shop may write in; ISO 15924. */
const RIGHT_TO_LEFT_SCRIPTS: ReadonlySet<string> = new Set([
  ...['Arab', 'Hebr', 'Thaa', 'Syrc', 'Nkoo', 'Adlm', 'Rohg', 'Samr', 'Mand', 'Aran'],
]);

export type TextDirection = 'ltr' | 'rtl';

/**
 * Which way a language tag's script runs: the tag's own script, else its language's usual one
 * (https://www.unicode.org/reports/tr35/#Likely_Subtags).
 */
export function directionOf(locale: string): TextDirection {
  const { script } = new Intl.Locale(locale).maximize();
  return script !== undefined && RIGHT_TO_LEFT_SCRIPTS.has(script) ? 'rtl' : 'ltr';
}
