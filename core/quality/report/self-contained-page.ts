import { escaped } from './markup.ts';
import { pageStyle } from './page-style.ts';

/** The parts of a page, as HTML; the title as text. */
export interface PageParts {
  readonly title: string;
  readonly head: string;
  readonly main: string;
  readonly footer: string;
}

/**
 * A page that holds all of itself: no script, no font, no picture from elsewhere, so that it can be mailed, kept for
 * years and opened anywhere.
 */
export function selfContainedPage({ title, head, main, footer }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
${head}
<main>
${main}
</main>
<footer>
${footer}
</footer>
</body>
</html>
`;
}
