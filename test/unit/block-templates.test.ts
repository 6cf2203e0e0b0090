import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../adapters/liquid/template-engine.ts';
import { templateProblemsOf } from '../../adapters/liquid/template-problems.ts';
import { blockTemplate } from '../../core/blocks/block-template.ts';
import type { Recommendation } from '../../core/blocks/recommendation.ts';
import { renderHtml } from '../../core/blocks/render-html.ts';
import { templateSamples } from '../../core/blocks/template-samples.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { BlockTemplates, type ListTemplates } from '../../lambdas/api/block-templates.ts';

const [sample] = templateSamples;
if (sample === undefined) throw new Error('there are no samples');
const { recommendation, options } = sample;

const FOREVER = [
  ['over a range', '{% for i in (1..999999999) %}x{% endfor %}'],
  [
    'in small steps',
    '{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..99) %}{% endfor %}{% endfor %}{% endfor %}',
  ],
  [
    'and doubles its text',
    '{% for i in (1..999) %}{% capture t %}{{ t }}{{ t }}many{% endcapture %}{% endfor %}{{ t }}',
  ],
] as const;

function stored(liquid: unknown, id = 'shop'): { id: string; document: unknown } {
  return { id, document: { schemaVersion: 1, templateId: id, version: 1, liquid } };
}

async function templatesFrom(list: ListTemplates) {
  const failures: string[] = [];
  const templates = new BlockTemplates(list, (id, failure) => failures.push(`${id} ${failure}`));
  await templates.ready();
  return { failures, render: () => templates.render(recommendation, options, 'shop'), templates };
}

describe('a template that is put', () => {
  it('is kept when it is like the bundled one', () => {
    expect(blockTemplate.parse(productGrid)).toEqual(productGrid);
    expect(templateProblemsOf(productGrid.liquid)).toEqual([]);
  });

  it.each<readonly [how: string, liquid: string, problem: RegExp]>([
    ['runs a script', '<script>track()</script>', /<script> is not for emails/],
    ['runs something on an event', '<p onclick="x()">a</p>', /runs onclick/],
    ['leads to code', '<a href="javascript:x()">a</a>', /no web address/],
    ['asks for a form', '<form><input></form>', /<form> is not for emails/],
    ['has an image without a text', '<img src="https://a.example/b.png">', /no alt text/],
    ['loads a style', '<style>@import "https://a.example/b.css";</style>', /<style> loads/],
    ['hides a script from all but Outlook', '<!--[if mso]><script></script><![endif]-->', /script/],
    ['leaves a text outside of quotes', '<td title={{ items[0].title }}>', /put it in quotes/],
    ['links an item that has no link', '<a href="{{ items[1].url }}">x</a>', /no web address/],
    ['writes texts as they are', '{{ heading | raw }}', /undefined filter: raw/],
    ['reads a file', '{% include "/etc/passwd" %}', /tag "include" not found/],
    ['is laid out by another', '{% layout "a" %}', /tag "layout" not found/],
    ['does not end', '{% for item in items %}', /not closed, line:1, col:1/],
    ['is large already', 'x'.repeat(60_000), /bytes of 12 items/],
    ...FOREVER.map(([how, liquid]) => [`loops for ever ${how}`, liquid, /limit exceeded/] as const),
  ])('is refused when it %s', (_, liquid, problem) => {
    expect(templateProblemsOf(liquid).join()).toMatch(problem);
  });

  it.each(['constructor', '__proto__', 'toString', 'items.constructor.constructor'])(
    'sees nothing of %s',
    (path) => {
      expect(renderHtml(recommendation, options, compileTemplate(`[{{ ${path} }}]`))).toBe('[]');
    },
  );

  it('escapes whatever way a text takes', () => {
    const hostile: Recommendation = {
      ...recommendation,
      items: recommendation.items.map((item) => ({ ...item, title: '<i>&</i>' })),
    };
    const ways = [
      '{{ items[0].title }}',
      '{{ items[0].title | escape }}',
      '{% echo items[0].title %}',
      '{% assign a = items[0].title %}{{ a }}',
      '{% cycle items[0].title %}',
      '{{ items[0].title | newline_to_br }}',
    ];
    for (const way of ways) {
      expect(renderHtml(hostile, options, compileTemplate(way))).toBe('&lt;i&gt;&amp;&lt;/i&gt;');
    }
    const captured = '{% capture a %}{{ items[0].title }}{% endcapture %}{{ a }}';
    expect(renderHtml(hostile, options, compileTemplate(captured))).not.toContain('<');
  });
});

describe('a stored template', () => {
  it('answers, and the bundled one where a placement names none', async () => {
    const { render, templates, failures } = await templatesFrom(async () => [
      stored('<b>{{ items.size }}</b>'),
    ]);
    expect(render()).toBe('<b>12</b>');
    expect(templates.render(recommendation, options)).toContain('kindred-text');
    expect(failures).toEqual([]);
  });

  it.each(FOREVER)(
    'that loops for ever %s is stopped, and the bundled one answers',
    async (_, liquid) => {
      const { render, failures } = await templatesFrom(async () => [stored(liquid)]);
      expect(render()).toContain('kindred-text');
      expect(failures).toEqual(['shop failed']);
      // It is left alone for a while: its time is not spent again.
      expect(render()).toContain('kindred-text');
      expect(failures).toEqual(['shop failed']);
    },
  );

  it('that is too large without any item gives way to the bundled one', async () => {
    const { render, failures } = await templatesFrom(async () => [
      stored(
        '{% for i in (1..1000) %}{{ heading }}{{ heading }}{{ heading }}{{ heading }}{{ heading }}{{ heading }}{{ heading }}{{ heading }}{% endfor %}',
      ),
    ]);
    expect(render()).toContain('kindred-text');
    expect(failures).toEqual(['shop failed']);
  });

  it('that is no template, and one that is not there, leave the bundled one and say so', async () => {
    const broken = await templatesFrom(async () => [stored(7)]);
    expect(broken.render()).toContain('kindred-text');
    expect(broken.failures).toEqual(['shop unusable', 'shop missing']);
    const absent = await templatesFrom(async () => []);
    expect(absent.render()).toContain('kindred-text');
    expect(absent.failures).toEqual(['shop missing']);
  });

  it('is not waited for when the table hangs, and its failure hides nothing', async () => {
    const hanging = await templatesFrom(() => new Promise(() => {}));
    expect(hanging.render()).toContain('kindred-text');
    const failing = await templatesFrom(() => Promise.reject(new Error('ECONNRESET')));
    expect(failing.render()).toContain('kindred-text');
    expect(failing.failures).toContain(' unreadable');
  });
});

describe('the guide’s template', () => {
  it('is one that is kept', async () => {
    const guide = await readFile('docs/how-to/change-a-template.md', 'utf8');
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(guide) ?? [];
    expect(templateProblemsOf(blockTemplate.parse(JSON.parse(json)).liquid)).toEqual([]);
  });
});
