/** Longer than any product page's address; some mail clients cut links at 2,083 characters. */
const URL_LENGTH_MAX = 2048;

/**
 * The absolute http or https address, normalised, or an empty string: nothing else (javascript:,
 * data:, a relative path, which means nothing in an inbox) may reach an email. An address that leaves
 * the scheme to the page (`//cdn.example/a.png`) gets https.
 */
export function webUrl(text: string): string {
  const trimmed = text.trim();
  const absolute = trimmed.startsWith('//') ? `https:${trimmed}` : trimmed;
  const url = URL.parse(absolute);
  if (url === null) return '';
  const { protocol, href } = url;
  return (protocol === 'https:' || protocol === 'http:') && href.length <= URL_LENGTH_MAX
    ? href
    : '';
}
