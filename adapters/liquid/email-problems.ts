import { Parser } from 'htmlparser2';
import { HOSTILE_NAME } from '../../core/blocks/template-samples.ts';

/** What mail programs drop or block, and what runs, loads or submits something. */
const ELEMENTS_REFUSED: ReadonlySet<string> = new Set([
  ...[
    'script',
    'iframe',
    'frame',
    'frameset',
    'object',
    'embed',
    'applet',
    'form',
    'input',
    'button',
  ],
  ...['select', 'textarea', 'link', 'base', 'svg', 'math', 'audio', 'video', 'source', 'template'],
  HOSTILE_NAME,
]);

/** Attributes that hold an address. */
const ADDRESSES: ReadonlySet<string> = new Set([
  ...['href', 'src', 'background', 'action', 'formaction', 'poster', 'srcset', 'cite', 'longdesc'],
]);

/** Relative addresses mean nothing in an inbox, and data: is not shown there. */
const ADDRESS = /^(https?:\/\/|mailto:|tel:|#)/i;

/** What loads something from elsewhere or runs in old mail programs; a background image is an `img`'s job. */
const STYLE_REFUSED = /@import|@font-face|expression\s*\(|url\s*\(|-moz-binding|behavior\s*:/i;

/** Outlook's own markup stands in comments: `<!--[if mso]>…<![endif]-->`. */
const CONDITIONAL_COMMENT = /^\[if[^\]]*\]>([\s\S]*)<!\[endif\]$/;

/**
 * What keeps HTML from being safe in an email: nothing where it is. Reads it as browsers do
 * (htmlparser2), since what counts is what it becomes and not how it is written.
 */
export function emailProblemsOf(html: string): string[] {
  const problems = new Set<string>();
  let styleText: string | undefined;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'style') styleText = '';
      for (const problem of elementProblems(name, attributes)) problems.add(problem);
    },
    ontext(text) {
      if (styleText !== undefined) styleText += text;
    },
    onclosetag(name) {
      if (name !== 'style' || styleText === undefined) return;
      if (STYLE_REFUSED.test(styleText)) problems.add('<style> loads or runs something');
      styleText = undefined;
    },
    oncomment(text) {
      const [, inside] = CONDITIONAL_COMMENT.exec(text) ?? [];
      for (const problem of inside === undefined ? [] : emailProblemsOf(inside)) {
        problems.add(problem);
      }
    },
  });
  parser.end(html);
  return [...problems];
}

function elementProblems(name: string, attributes: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  if (name === HOSTILE_NAME) {
    problems.push('a text of the catalogue became an element: write it outside of tags');
  } else if (ELEMENTS_REFUSED.has(name)) {
    problems.push(`<${name}> is not for emails`);
  }
  if (name === 'img' && attributes.alt === undefined) problems.push('<img> has no alt text');
  if (name === 'meta' && attributes['http-equiv']?.toLowerCase() === 'refresh') {
    problems.push('<meta http-equiv="refresh"> is not for emails');
  }
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute === HOSTILE_NAME) {
      problems.push(`a text of the catalogue became an attribute of <${name}>: put it in quotes`);
    }
    if (attribute.startsWith('on')) problems.push(`<${name}> runs ${attribute}`);
    if (ADDRESSES.has(attribute) && !ADDRESS.test(value.trim())) {
      problems.push(`${attribute} of <${name}> is no web address`);
    }
    if (attribute === 'style' && STYLE_REFUSED.test(value)) {
      problems.push(`style of <${name}> loads or runs something`);
    }
  }
  return problems;
}
