import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UNIFIED_SCHEMA_PATH, unifiedSchemaMarkdown } from '../../core/catalogue/unified-schema.ts';
import { eventDefinitions } from '../../core/events/registry.ts';
import { vendorMappings, vendorProductMappings } from '../../core/mapping/vendors/all.ts';
import { vendorWebhooks } from '../../core/webhooks/vendors.ts';

const text = unifiedSchemaMarkdown();

describe('the document of the unified schema', () => {
  it('is the one that the mappings make; renew it by `npm run schemas`', async () => {
    const written = await readFile(UNIFIED_SCHEMA_PATH, 'utf8');
    expect(written === text, `${UNIFIED_SCHEMA_PATH} is stale: run \`npm run schemas\``).toBe(true);
  });

  it('has every target that any mapping fills', () => {
    const rules = [...vendorMappings, ...vendorProductMappings].flatMap(({ fields }) => fields);
    const places = rules.flatMap((rule) => ('from' in rule ? [rule.from].flat() : []));
    const targets = vendorMappings.flatMap(({ fields }) => fields.map(({ to }) => to));
    for (const name of [...places, ...targets]) expect(text).toContain(`\`${name}\``);
  });

  it('has a table for every event that is known or made', () => {
    const made = vendorMappings.flatMap(({ call }) => call.event ?? []);
    for (const name of [...made, ...eventDefinitions.map((each) => each.name)]) {
      expect(text).toContain(`\n## Event: ${name}\n`);
    }
  });

  it('knows the mappings of every webhook', () => {
    const known = new Set(vendorMappings.map(({ id }) => id));
    const used = Object.values(vendorWebhooks).flatMap(({ mappings }) => mappings);
    expect(used.filter(({ id }) => !known.has(id))).toEqual([]);
  });

  it('gives no two mappings one id', () => {
    const ids = [...vendorMappings, ...vendorProductMappings].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
