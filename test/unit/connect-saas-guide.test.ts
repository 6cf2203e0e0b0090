import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { pullDocument } from '../../adapters/sources/connectors.ts';

const text = await readFile('docs/how-to/connect-saas.md', 'utf8');
const documents = [...text.matchAll(/<!-- pull -->\n\s*```json\n([\s\S]*?)```/gu)].map(
  ([, json = '']) => json,
);

describe('the guide to connecting services', () => {
  it('has a document of every service', () => {
    const types = documents.map((json) => pullDocument.parse(JSON.parse(json)).connector.type);
    expect(new Set(types)).toEqual(new Set(['shopify', 'hubspot', 'salesforce', 'stripe']));
  });

  it('needs type, shop and secret alone', () => {
    const minimal = [
      { type: 'shopify', shop: 'my-shop', resource: 'orders' },
      { type: 'hubspot' },
      { type: 'salesforce', domain: 'acme.my.salesforce.com' },
      { type: 'stripe' },
    ];
    for (const connector of minimal)
      expect(pullDocument.safeParse({ connector }).success).toBe(true);
  });
});
