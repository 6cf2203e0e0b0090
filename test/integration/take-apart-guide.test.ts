import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { kindredShell } from '../support/kindred-shell.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
let test: TestCloud;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-take-apart-'));
  test = await startTestCloud();
  await writeConnection(test.cloud.connection, join(folder, '.kindred', 'connection.json'));
}, 120_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function commandsOf(guide: string): Promise<string[]> {
  const text = await readFile(join(root, 'docs', 'how-to', guide), 'utf8');
  return [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, line = '']) => line.trim());
}

const shell = (line: string) =>
  kindredShell(line, folder, {
    AWS_REGION: test.cloud.connection.region,
    AWS_ACCESS_KEY_ID: 'kindred',
    AWS_SECRET_ACCESS_KEY: 'kindred',
  });

const view = (by: object, messageId: string) =>
  test.send('/v1/track', { type: 'track', event: 'Quiz Finished', ...by, messageId });

describe('the guide to customers who were joined wrongly', () => {
  it('leads from one profile to two', async () => {
    const [reset = '', replay = ''] = await commandsOf('take-customers-apart.md');
    const alias = { type: 'alias', userId: 'anna', previousId: 'bert', messageId: 'm4' };
    await view({ userId: 'anna' }, 'm1');
    await view({ userId: 'bert', anonymousId: 'till-4' }, 'm2');
    await view({ userId: 'bert' }, 'm3');
    await test.send('/v1/alias', alias);
    await eventually(
      'one profile',
      () => test.profileOf('bert'),
      (found) => found?.eventCount === 4,
    );
    await eventually(
      'the lake',
      () => shell('npx kindred replay start --raw --dry-run --json'),
      (stdout) => JSON.parse(stdout).acceptedCount === 4,
    );
    expect(await shell(reset)).toMatch(/Took \d identities away/);
    expect(await test.profileOf('anna')).toBeUndefined();
    expect(await shell(replay)).toMatch(/4 accepted/);
    await eventually(
      'two profiles',
      async () => [await test.profileOf('anna'), await test.profileOf('bert')],
      (found) => found[0]?.eventCount === 2 && found[1]?.eventCount === 2,
    );
    const [anna, bert] = [await test.profileOf('anna'), await test.profileOf('bert')];
    expect(anna?.profileId).not.toBe(bert?.profileId);
  }, 180_000);
});

describe('the guide to identity keys', () => {
  it('gives the key by which an ESP finds a customer', async () => {
    const [put = '', key = ''] = await commandsOf('identity-keys.md');
    const source = { sourceId: 'web-shop', espKeys: ['braze'] };
    await writeFile(join(folder, 'web-shop.json'), JSON.stringify(source));
    await shell(put);
    expect(await shell(key)).toMatch(/^[0-9a-f]{64}\n$/);
    await expect(shell(key.replace('braze', 'Anon'))).rejects.toThrow(/no name of an ESP/);
  }, 60_000);
});
