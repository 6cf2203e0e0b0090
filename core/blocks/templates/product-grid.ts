import { type BlockTemplate, TEMPLATE_SCHEMA_VERSION } from '../block-template.ts';

/**
 * The bundled template, which answers where a placement names none and where its own can't: tables and
 * inline styles, no script, no web font, 600 px wide, three columns that wrap to two and one on narrow
 * screens without needing media queries (inline-block columns; a table that only Outlook sees holds them
 * side by side there). It is a whole document, so that it can be opened in a browser; a client that is
 * given it inside an email ignores the nested html, head and body tags, as HTML parsers must
 * (https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inbody).
 */
export const productGrid: BlockTemplate = {
  schemaVersion: TEMPLATE_SCHEMA_VERSION,
  templateId: 'product-grid',
  version: 1,
  liquid: `<!doctype html>
<html lang="{{ locale }}" dir="{{ direction }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{ heading }}</title>
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
<table role="presentation" class="kindred-back" dir="{{ direction }}" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#ffffff;">
<tr><td align="center">
<table role="presentation" dir="{{ direction }}" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;">
<tr><td class="kindred-text" align="{{ start }}" style="padding:24px 16px 8px 16px;font-family:Arial,Helvetica,sans-serif;font-size:22px;line-height:28px;font-weight:bold;text-align:{{ start }};color:#16181d;word-break:break-word;overflow-wrap:anywhere;">{{ heading }}</td></tr>
{%- for item in items %}
{%- assign column = forloop.index0 | modulo: 3 %}
{%- if column == 0 %}
<tr><td align="{{ start }}" style="font-size:0;line-height:0;">
<!--[if mso]><table role="presentation" dir="{{ direction }}" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td width="200" valign="top"><![endif]-->
{%- else %}
<!--[if mso]></td><td width="200" valign="top"><![endif]-->
{%- endif %}
<div style="display:inline-block;width:100%;max-width:200px;vertical-align:top;">
<table role="presentation" dir="{{ direction }}" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;"><tr><td style="padding:12px 16px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;">
<tr><td>
{%- if item.url != "" %}<a href="{{ item.url }}" target="_blank" rel="noopener" aria-label="{{ item.title }}" style="text-decoration:none;">{% endif %}
{%- if item.image_url != "" %}<img src="{{ item.image_url }}" alt="{{ item.title }}" width="168" height="168" border="0" style="display:block;width:168px;height:168px;object-fit:contain;border-radius:6px;font-family:Arial,Helvetica,sans-serif;font-size:12px;line-height:16px;">
{%- else %}<span class="kindred-tile" aria-hidden="true" style="display:block;width:168px;height:168px;border-radius:6px;background-color:#eef1f5;font-family:Georgia,serif;font-size:56px;line-height:168px;text-align:center;color:#5a6472;">{{ item.initial }}</span>
{%- endif %}
{%- if item.url != "" %}</a>{% endif %}</td></tr>
<tr><td class="kindred-text" align="{{ start }}" style="padding-top:10px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:19px;font-weight:bold;text-align:{{ start }};color:#16181d;word-break:break-word;overflow-wrap:anywhere;">
{%- if item.url != "" %}<a href="{{ item.url }}" target="_blank" rel="noopener" style="color:inherit;text-decoration:none;">{{ item.title }}</a>{% else %}{{ item.title }}{% endif %}</td></tr>
{%- if item.price_text != "" %}
<tr><td class="kindred-text" align="{{ start }}" style="padding-top:4px;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:19px;text-align:{{ start }};color:#16181d;">{{ item.price_text }}</td></tr>
{%- endif %}
{%- if item.reason != "" %}
<tr><td class="kindred-soft" align="{{ start }}" style="padding-top:4px;font-family:Arial,Helvetica,sans-serif;font-size:12px;line-height:16px;text-align:{{ start }};color:#5a6472;word-break:break-word;overflow-wrap:anywhere;">{{ item.reason }}</td></tr>
{%- endif %}
</table>
</td></tr></table>
</div>
{%- if column == 2 or forloop.last %}
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
{%- endif %}
{%- endfor %}
</table>
</td></tr>
</table>
</body>
</html>
`,
};
