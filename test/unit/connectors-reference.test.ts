import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pullDocument } from '../../adapters/sources/connectors.ts';
import { restConfig } from '../../adapters/sources/rest.ts';

/** Field and default of each row of the table between the marks. */
async function rowsOf(mark: string): Promise<Record<string, string>> {
  const text = await readFile('docs/reference/connectors.md', 'utf8');
  const table = new RegExp(`<!-- fields: ${mark} -->([\\s\\S]*?)<!-- /fields -->`).exec(text)?.[1];
  const rows = [...(table ?? '').matchAll(/^\| `(\w+)` +\| (.+?) +\|/gm)];
  return Object.fromEntries(rows.map(([, field = '', value = '']) => [field, value]));
}

/** What the table is to say of a field left out: its default, that it may be, or that it may not. */
function defaultOf(field: z.ZodType): string {
  const { success, data } = field.safeParse(undefined);
  if (!success) return 'required';
  return data === undefined ? 'none' : `\`${JSON.stringify(data)}\``;
}

describe('the reference of connectors', () => {
  it.each([
    ['pull', pullDocument],
    ['rest', restConfig],
  ])('has every setting of %s, with its default', async (mark, schema) => {
    const shape: Readonly<Record<string, z.ZodType>> = schema.shape;
    const settings = Object.entries(shape).map(([name, field]) => [name, defaultOf(field)]);
    expect(await rowsOf(mark)).toEqual(Object.fromEntries(settings));
  });

  it('shows paginations and kinds of authentication that are real', async () => {
    const text = await readFile('docs/reference/connectors.md', 'utf8');
    const shown = [...text.matchAll(/^\| `(\{"kind": .+?\})`/gm)].map(([, json = '']) =>
      JSON.parse(json.replace('https://…', 'https://id.example/token')),
    );
    expect(shown).toHaveLength(10);
    const either = z.union([restConfig.shape.pagination, restConfig.shape.auth]);
    for (const setting of shown) expect(either.safeParse(setting).success).toBe(true);
  });
});
