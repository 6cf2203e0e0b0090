import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { machineReasons } from '../../../core/webhooks/machine-marks.ts';
import { webhookTableMarkdown } from '../../../core/webhooks/reference-table.ts';
import { vendorWebhooks } from '../../../core/webhooks/vendors.ts';
import { esps } from '../../../core/webhooks/webhook-document.ts';

const reference = await readFile('docs/reference/webhooks.md', 'utf8');
const guide = await readFile('docs/how-to/esp-webhooks.md', 'utf8');

describe('the reference of the webhooks', () => {
  it('shows the mappings that run', () => {
    const table = /<!-- webhooks -->\n([\s\S]*?)\n<!-- \/webhooks -->/u.exec(reference)?.[1];
    expect(withoutPadding(table)).toBe(withoutPadding(webhookTableMarkdown()));
  });

  it('has a row of every ESP and of every reason', () => {
    for (const esp of esps) expect(reference).toMatch(new RegExp(`\\| \`${esp}\` +\\|`));
    for (const reason of machineReasons) expect(reference).toContain(`| \`${reason}\``);
  });

  it('has a section of every ESP in the guide', () => {
    for (const esp of esps) expect(guide).toContain(`/v1/webhooks/${esp}`);
  });
});

describe('every mapping', () => {
  const mappings = Object.entries(vendorWebhooks).flatMap(([esp, { mappings: own }]) =>
    own.map((mapping) => ({ esp, ...mapping })),
  );

  it('has an id of its own, below its ESP’s name', () => {
    expect(new Set(mappings.map(({ id }) => id)).size).toBe(mappings.length);
    for (const { esp, id } of mappings) expect(id.startsWith(`${esp}/`)).toBe(true);
  });

  it('says whose and when it was', () => {
    for (const { fields } of mappings) {
      const targets = fields.map(({ to }) => to);
      expect(targets).toEqual(expect.arrayContaining(['userId', 'timestamp', 'properties.esp']));
    }
  });
});

/** The formatter pads the columns of a table; what it says is the same. */
function withoutPadding(table = ''): string {
  return table.replaceAll(/ {2,}/gu, ' ').replaceAll(/-{2,}/gu, '--').trim();
}
