import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configKinds } from '../../cli/config/kinds.ts';
import { profile } from '../../core/profile/profile.ts';
import { PROFILE_REFERENCE_PATH, profileMarkdown } from '../../core/profile/profile-markdown.ts';

const kindOf = (kind: string) => configKinds.find((each) => each.kind === kind);
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

describe('the reference of the profile', () => {
  it('is what the code says; `npm run schemas` renews it', () => {
    expect(readFileSync(PROFILE_REFERENCE_PATH, 'utf8')).toBe(profileMarkdown());
  });

  it('tells of every field that is stored', () => {
    for (const name of Object.keys(profile.shape)) {
      expect(profileMarkdown()).toContain(`| \`${name}\` |`);
    }
  });
});

describe('the documents that the guides put', () => {
  const segments = readdirSync('examples/segments').map((name) => `examples/segments/${name}`);
  it.each([
    ...segments.map((file) => ['segment', file] as const),
    ['rfm', 'examples/rfm.json'] as const,
    ['traitTypes', 'examples/trait-types.json'] as const,
  ])('are a valid %s: %s', (kind, file) => {
    expect(kindOf(kind)?.schema.safeParse(read(file)).error).toBeUndefined();
  });

  it('and the files that they name are there', () => {
    for (const guide of [PROFILE_REFERENCE_PATH, 'docs/how-to/preferences-and-consent.md']) {
      const puts = [...readFileSync(guide, 'utf8').matchAll(/^kindred config put (\w+) (\S+)$/gm)];
      expect(puts.length).toBeGreaterThan(0);
      for (const [, kind = '', file = ''] of puts) {
        expect(kindOf(kind)?.schema.safeParse(read(file)).success, `${kind} ${file}`).toBe(true);
      }
    }
  });
});
