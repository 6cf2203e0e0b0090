import { escapeHtml } from './escape-html.ts';
import type { Recommendation, RecommendedItem } from './recommendation.ts';
import { webUrl } from './web-url.ts';

/**
 * Renders a recommendation as HTML for an email: tables and inline styles, no script, no web font,
 * 600 px wide, three columns that wrap to two and one on narrow screens without needing media
 * queries (inline-block columns; a table that only Outlook sees holds them side by side there). It is a
 * whole document, so that it can be opened in a browser; a client that is given it inside an email
 * ignores the nested html, head and body tags, as HTML parsers must
 * (https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inbody).
 */
export interface BlockOptions {
  readonly heading: string;
  /** BCP 47 tag of the texts. */
  readonly locale: string;
}

/** Gmail clips a message at 102 KB; what does not fit below this is left off the end. */
export const BLOCK_BYTES_MAX = 100_000;

const COLUMN_COUNT = 3;
const COLUMN_WIDTH_PX = 200;
const IMAGE_SIZE_PX = 168;

export function renderHtml(recommendation: Recommendation, options: BlockOptions): string {
  const head = documentHead(options);
  const columns: string[] = [];
  let byteCount = Buffer.byteLength(head) + Buffer.byteLength(documentEnd) + ROW_BYTES_MAX;
  for (const item of recommendation.items) {
    const column = renderColumn(item);
    byteCount += Buffer.byteLength(column) + ROW_BYTES_MAX;
    if (byteCount > BLOCK_BYTES_MAX) break;
    columns.push(column);
  }
  return `${head}${rows(columns)}${documentEnd}`;
}

/** More than the mark-up of one row, so that counting one for each item errs on the short side. */
const ROW_BYTES_MAX = 400;

function documentHead({ heading, locale }: BlockOptions): string {
  return `<!doctype html>
<html lang="${escapeHtml(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(heading)}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .kindred-back { background-color: #16181d !important; }
  .kindred-text { color: #f2f4f7 !important; }
  .kindred-soft { color: #a8b0bd !important; }
  .kindred-tile { background-color: #2a2f38 !important; color: #a8b0bd !important; }
}
</style>
</head>
<body class="kindred-back" style="margin:0;padding:0;background-color:#ffffff;">
<table role="presentation" class="kindred-back" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#ffffff;">
<tr><td align="center">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;">
<tr><td class="kindred-text" style="padding:24px 16px 8px 16px;font-family:Arial,Helvetica,sans-serif;font-size:22px;line-height:28px;font-weight:bold;color:#16181d;">${escapeHtml(heading)}</td></tr>
`;
}

const documentEnd = `</table>
</td></tr>
</table>
</body>
</html>
`;

function rows(columns: readonly string[]): string {
  let html = '';
  for (let start = 0; start < columns.length; start += COLUMN_COUNT) {
    const cells = columns.slice(start, start + COLUMN_COUNT);
    const outlookBreak = `<!--[if mso]></td><td width="${COLUMN_WIDTH_PX}" valign="top"><![endif]-->\n`;
    html += `<tr><td align="left" style="font-size:0;line-height:0;">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td width="${COLUMN_WIDTH_PX}" valign="top"><![endif]-->
${cells.join(outlookBreak)}<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
`;
  }
  return html;
}

function renderColumn(item: RecommendedItem): string {
  const url = webUrl(item.click_url);
  const title = escapeHtml(item.title);
  const lines = [
    `<td class="kindred-text" style="padding-top:10px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:19px;font-weight:bold;color:#16181d;">${linked(url, title, 'color:inherit;text-decoration:none;')}</td>`,
  ];
  if (item.price_text !== '') {
    lines.push(
      `<td class="kindred-text" style="padding-top:4px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:19px;color:#16181d;">${escapeHtml(item.price_text)}</td>`,
    );
  }
  if (item.reason !== '') {
    lines.push(
      `<td class="kindred-soft" style="padding-top:4px;font-family:Arial,Helvetica,sans-serif;font-size:12px;line-height:16px;color:#5a6472;">${escapeHtml(item.reason)}</td>`,
    );
  }
  return `<div style="display:inline-block;width:100%;max-width:${COLUMN_WIDTH_PX}px;vertical-align:top;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td style="padding:12px 16px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td>${linked(url, renderPicture(item), 'text-decoration:none;', item.title)}</td></tr>
${lines.map((line) => `<tr>${line}</tr>`).join('\n')}
</table>
</td></tr></table>
</div>
`;
}

/** The image, or, where there is none, a tile of the same size with the title's first letter. */
function renderPicture(item: RecommendedItem): string {
  const image = webUrl(item.image_url);
  if (image !== '') {
    return `<img src="${escapeHtml(image)}" alt="${escapeHtml(item.title)}" width="${IMAGE_SIZE_PX}" height="${IMAGE_SIZE_PX}" border="0" style="display:block;width:${IMAGE_SIZE_PX}px;height:${IMAGE_SIZE_PX}px;object-fit:contain;border-radius:6px;font-family:Arial,Helvetica,sans-serif;font-size:12px;line-height:16px;">`;
  }
  const initial = escapeHtml([...item.title.trim()][0]?.toUpperCase() ?? '·');
  return `<span class="kindred-tile" aria-hidden="true" style="display:block;width:${IMAGE_SIZE_PX}px;height:${IMAGE_SIZE_PX}px;border-radius:6px;background-color:#eef1f5;font-family:Georgia,serif;font-size:56px;line-height:${IMAGE_SIZE_PX}px;text-align:center;color:#5a6472;">${initial}</span>`;
}

/** `label` says where a link leads whose content is no text. */
function linked(url: string, content: string, style: string, label = ''): string {
  if (url === '') return content;
  const named = label === '' ? '' : ` aria-label="${escapeHtml(label)}"`;
  return `<a href="${escapeHtml(url)}" target="_blank" rel="noopener"${named} style="${style}">${content}</a>`;
}
