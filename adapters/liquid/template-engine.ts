import { type Context, Liquid, type Template } from 'liquidjs';
import { TEMPLATE_CHARACTERS_MAX } from '../../core/blocks/block-template.ts';
import { escapeHtml } from '../../core/blocks/escape-html.ts';
import type { RenderTemplate } from '../../core/blocks/render-html.ts';

/**
 * Templates run in Liquid with nothing but their context: own properties alone (no prototypes), no other
 * files, no unescaped output, and no more time and memory than a block may take. See
 * https://liquidjs.com/tutorials/dos.html for what each limit counts.
 */
const limits = {
  parseLimit: TEMPLATE_CHARACTERS_MAX,
  /** A block of two dozen items takes one or two; an ESP gives up after 2,000, and the bundled one comes after. */
  renderLimit: 250,
  /** Characters and entries that filters and loops make, in all: some twenty times the largest block. */
  memoryLimit: 2_000_000,
} as const;

/** What would let a template read files, or write as it came what the shop's catalogue says. */
const TAGS_REFUSED = ['include', 'render', 'layout', 'block'] as const;
const FILTERS_REFUSED = ['raw', 'escape_once', 'xml_escape'] as const;

const engine = createEngine();

/**
 * Reads a template once, to be rendered many times.
 * @throws ParseError (LiquidJS) with the line and the column where it can't be read.
 */
export function compileTemplate(liquid: string): RenderTemplate {
  const parsed: Template[] = engine.parse(liquid);
  return (context) => String(engine.renderSync(parsed, context, { sync: true }));
}

function createEngine(): Liquid {
  const liquid = new Liquid({
    ...limits,
    ownPropertyOnly: true,
    strictFilters: true,
    // Nothing is read from disk: the only files are these, and there are none.
    templates: {},
    outputEscape: escaped,
  });
  for (const tag of TAGS_REFUSED) delete liquid.tags[tag];
  for (const filter of FILTERS_REFUSED) delete liquid.filters[filter];
  // Everything is escaped once; who asks for it besides gets the same.
  liquid.registerFilter('escape', {
    raw: true,
    handler: (value: unknown) => escapeHtml(textOf(value)),
  });
  liquid.registerFilter('newline_to_br', {
    raw: true,
    handler: (value: unknown) => textOf(value).split(/\r?\n/).map(escapeHtml).join('<br>'),
  });
  return liquid;
}

/** What a template writes, escaped and counted: text that is captured again and again would double. */
function escaped(this: { readonly context: Context }, value: unknown): string {
  const text = textOf(value);
  this.context.memoryLimit.use(text.length);
  return escapeHtml(text);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? value.map(textOf).join('') : '';
}
