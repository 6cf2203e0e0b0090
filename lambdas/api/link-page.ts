import type { APIGatewayProxyResult } from 'aws-lambda';
import { escapeHtml } from '../../core/blocks/escape-html.ts';

const texts = {
  403: 'This link leads to a page that we don’t link to any more.',
  404: 'This link is not whole. Open it from the mail again.',
  410: 'This link has expired.',
} as const;

/** What a reader sees whose link leads nowhere, with a way to the shop where it is sure. */
export function linkPage(status: keyof typeof texts, shop?: string): APIGatewayProxyResult {
  const way = shop === undefined ? '' : `\n<p><a href="${escapeHtml(shop)}">Go to the shop</a></p>`;
  return {
    statusCode: status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Link</title></head>
<body>
<p>${texts[status]}</p>${way}
</body>
</html>
`,
  };
}
