/** Longer than browsers send. */
const HEADER_CHARACTERS_MAX = 256;
const LANGUAGE_TAG = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i;

/**
 * The language a browser asks for first (RFC 9110, Accept-Language): the highest weight, the earlier
 * of equal ones. Undefined where none is named. Never throws.
 */
export function localeOf(acceptLanguage: string | undefined): string | undefined {
  if (acceptLanguage === undefined || acceptLanguage.length > HEADER_CHARACTERS_MAX) {
    return undefined;
  }
  let best: string | undefined;
  let bestWeight = 0;
  for (const part of acceptLanguage.split(',')) {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = weightOf(parameters);
    if (LANGUAGE_TAG.test(tag) && weight > bestWeight) {
      best = tag;
      bestWeight = weight;
    }
  }
  return best;
}

function weightOf(parameters: readonly string[]): number {
  const stated = parameters.find((parameter) => /^q=/i.test(parameter));
  const weight = stated === undefined ? 1 : Number(stated.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
