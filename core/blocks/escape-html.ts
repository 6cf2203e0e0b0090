const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * Text made safe to stand in HTML, between tags or in a quoted attribute. Control characters, which
 * HTML forbids and some mail filters trip over, become spaces; half of a surrogate pair becomes U+FFFD.
 */
export function escapeHtml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
      .replace(/[&<>"'`]/g, (character) => entities[character] ?? '')
  );
}
