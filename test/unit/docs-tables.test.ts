import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  RECOMMENDATION_EXPORTS_PATH,
  recommendationExportsMarkdown,
  warehouseTables,
} from '../../core/blocks/warehouse-markdown.ts';
import {
  curatedTableMarkdown,
  eventColumns,
  productColumns,
} from '../../core/quality/curated-events.ts';
import { expectation } from '../../core/quality/expectation.ts';
import {
  EXPECTATIONS_PATH,
  expectationsMarkdown,
  kindExamples,
} from '../../core/quality/expectations-markdown.ts';
import { inertTableMarkdown } from '../../local/template/inert.ts';
import { badInputTable } from '../corpora/bad-input.ts';
import { badRequestTable } from '../corpora/bad-requests.ts';

describe('a table in the docs', () => {
  it('of what the local cloud reads past is the one that it goes by', async () => {
    const text = await readFile('docs/local-cloud.md', 'utf8');
    const table = /<!-- inert -->\n([\s\S]*?)\n<!-- \/inert -->/u.exec(text)?.[1];
    expect(withoutPadding(table)).toBe(withoutPadding(inertTableMarkdown()));
  });

  it.each([
    ['events', eventColumns],
    ['event_products', productColumns],
  ] as const)('of the columns of %s is the list that makes them', async (name, columns) => {
    const text = await readFile('docs/reference/lake.md', 'utf8');
    const [, rest = ''] = text.split(`<!-- ${name} -->\n`);
    const [table] = rest.split(`\n<!-- /${name} -->`);
    expect(withoutPadding(table)).toBe(withoutPadding(curatedTableMarkdown(columns)));
  });
});

describe('the reference of expectations', () => {
  it('is the one that the schemas give (npm run schemas)', async () => {
    expect(await readFile(EXPECTATIONS_PATH, 'utf8')).toBe(expectationsMarkdown());
  });

  it.each(Object.entries(kindExamples))('shows a %s that is one', (kind, example) => {
    const document = { id: 'example', kind, severity: 'warn', ...example };
    expect(expectation.safeParse(document).error).toBeUndefined();
  });
});

describe('the reference of exported recommendations', () => {
  it('is the one that the columns give (npm run schemas)', async () => {
    expect(await readFile(RECOMMENDATION_EXPORTS_PATH, 'utf8')).toBe(
      recommendationExportsMarkdown(),
    );
  });

  it.each(warehouseTables)(
    'names every column of $list in every statement',
    ({ name, columns }) => {
      const statements = [...recommendationExportsMarkdown().matchAll(/```sql\n([\s\S]*?)```/gu)]
        .map(([, text = '']) => text)
        .filter((text) => text.startsWith('CREATE') && text.includes(`${name}`));
      expect(statements).toHaveLength(4);
      for (const statement of statements) {
        for (const column of columns) expect(statement).toContain(`\n  ${column.name} `);
      }
    },
  );
});

describe('the page of bad input', () => {
  it('has the answers that the corpus expects', async () => {
    const text = await readFile('docs/reference/bad-input.md', 'utf8');
    const table = /<!-- bad-input -->\n([\s\S]*?)\n<!-- \/bad-input -->/u.exec(text)?.[1];
    expect(withoutPadding(table)).toBe(withoutPadding(badInputTable()));
  });

  it('has what the corpus of requests for recommendations expects', async () => {
    const text = await readFile('docs/reference/bad-input.md', 'utf8');
    const table = /<!-- bad-requests -->\n([\s\S]*?)\n<!-- \/bad-requests -->/u.exec(text)?.[1];
    expect(withoutPadding(table)).toBe(withoutPadding(badRequestTable()));
  });
});

/** The formatter pads the columns of a table; what it says is the same. */
function withoutPadding(table = ''): string {
  return table.replaceAll(/ {2,}/gu, ' ').replaceAll(/-{2,}/gu, '--').trim();
}
