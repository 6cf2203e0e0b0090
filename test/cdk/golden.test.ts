import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { synthesizeAll } from './synthesized.ts';

/** What a build of the same sources may change without changing what is deployed. */
const ASSET_HASH = /[0-9a-f]{64}/g;

const templates = synthesizeAll();

/**
 * The templates as they are known to be. Their files are no `.json`, so that no formatter touches
 * them. A difference is either a mistake or wanted: in the latter
 * case `npx vitest run test/cdk/golden.test.ts --update` renews the files and the review reads them.
 */
describe('the synthesized template', () => {
  it.each(['KindredState-dev', 'Kindred-dev', 'KindredState-prod', 'Kindred-prod'])(
    'of %s is as recorded',
    async (stackName) => {
      const text = JSON.stringify(templates.get(stackName), null, 2).replace(ASSET_HASH, '<asset>');
      await expect(`${text}\n`).toMatchFileSnapshot(
        join(import.meta.dirname, 'golden', `${stackName}.template.golden`),
      );
    },
  );
});
