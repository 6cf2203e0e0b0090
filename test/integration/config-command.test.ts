import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WRITE_KEYS_MAX } from '../../core/events/source.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

const run = promisify(execFile);

let services: CollectorServices;
let folder: string;
beforeAll(async () => {
  services = await startCollectorServices('default-key');
  folder = await mkdtemp(join(tmpdir(), 'kindred-config-'));
});
afterAll(async () => {
  await services.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the command as a person would against a table in AWS. */
async function kindred(...args: string[]) {
  const env = {
    ...process.env,
    ...services.variables,
    KINDRED_CONFIG_TABLE: services.variables.CONFIG_TABLE,
  };
  try {
    const { stdout, stderr } = await run(process.execPath, ['cli/kindred.ts', ...args], { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
const file = async (name: string, value: unknown) => {
  const path = join(folder, name);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};

describe('kindred source', () => {
  it('shows a key once, alone on standard output, and never again', async () => {
    const added = await kindred('source', 'add', 'web-shop', '--origin', 'https://shop.example');
    expect(added.stdout).toMatch(/^wk_[0-9a-f]{40}\n$/);
    expect(added.stderr).toContain('shown only now');
    const { stdout } = await kindred('source', 'list', '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      { sourceId: 'web-shop', allowedOrigins: ['https://shop.example'], isServerSide: false },
    ]);
    expect(stdout).not.toContain(added.stdout.trim());
  });

  it('rotates: a second key, no third, and the older one retired', async () => {
    await kindred('source', 'add', 'crm', '--server-side');
    const second = JSON.parse((await kindred('source', 'rotate-key', 'crm', '--json')).stdout);
    expect(second).toMatchObject({ sourceId: 'crm', writeKey: expect.stringMatching(/^wk_/) });
    const third = await kindred('source', 'rotate-key', 'crm');
    expect(third.code).toBe(1);
    expect(third.stderr).toContain(`has ${WRITE_KEYS_MAX} keys`);
    expect(third.stderr).toContain('retire-key crm');
    const before = await services.registry.documents.get('crm');
    expect((await kindred('source', 'retire-key', 'crm')).stdout).toContain('one key is left');
    const after = await services.registry.documents.get('crm');
    expect(after?.writeKeys).toEqual(before?.writeKeys.slice(1));
    expect((await kindred('source', 'retire-key', 'crm')).code).toBe(1);
  });

  it.each([
    [['add', 'web-shop'], 'already'],
    [['add', 'Web Shop'], 'lower-case letters'],
    [['add', 'x', '--origin', 'shop.example'], 'https://shop.example'],
    [['rotate-key', 'nobody'], 'There is no source "nobody"'],
  ])('%j says what is wrong', async (args, message) => {
    const { code, stderr } = await kindred('source', ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('kindred config', () => {
  it('takes a document out, and back in edited, its keys untouched', async () => {
    await kindred('source', 'add', 'edited');
    const stored = await services.registry.documents.get('edited');
    const document = JSON.parse((await kindred('config', 'get', 'source', 'edited')).stdout);
    const path = await file('edited.json', { ...document, isEnabled: false, writeKeys: [] });
    expect((await kindred('config', 'put', 'source', 'edited', path)).stdout).toContain('Wrote');
    expect(await services.registry.documents.get('edited')).toEqual({
      ...stored,
      isEnabled: false,
    });
    expect((await kindred('config', 'list', 'source')).stdout.split('\n')).toContain('edited');
    expect((await kindred('config', 'delete', 'source', 'edited')).code).toBe(0);
    expect(await services.registry.documents.get('edited')).toBeUndefined();
  });

  it('writes nothing that is not valid, and names the field', async () => {
    const path = await file('bad.json', { sourceId: 'bad', isEnabeld: true, priority: 'high' });
    const { code, stderr } = await kindred('config', 'put', 'source', path);
    expect(code).toBe(1);
    expect(stderr).toContain('priority');
    expect(stderr).toContain('isEnabeld');
    expect(await services.registry.documents.get('bad')).toBeUndefined();
  });

  it.each(['expectations', 'segment'])(
    'lists, shows and deletes a stored %s that is not valid, and names it',
    async (kind) => {
      const damaged = { formVersion: 1, title: 'no such document' };
      await services.putConfig(kind, 'damaged', damaged);
      const listed = await kindred('config', 'list', kind);
      expect([listed.code, listed.stdout]).toEqual([0, 'damaged\n']);
      expect(listed.stderr).toContain(`damaged is stored, but is not a valid ${kind}`);
      const shown = await kindred('config', 'get', kind, 'damaged');
      expect([shown.code, JSON.parse(shown.stdout)]).toEqual([0, damaged]);
      expect(shown.stderr).toContain(`not a valid ${kind}`);
      const json = await kindred('config', 'list', kind, '--json');
      expect([json.code, JSON.parse(json.stdout)]).toEqual([0, [damaged]]);
      expect((await kindred('config', 'delete', kind, 'damaged')).code).toBe(0);
      expect((await kindred('config', 'list', kind)).stdout).toBe('');
    },
  );

  it.each([
    [['get', 'sauce', 'x'], 'Take one of: source'],
    [['get', 'source', 'nobody'], 'There is no source "nobody"'],
    [['delete', 'source', 'nobody'], 'There is no source "nobody"'],
    [['put', 'source', '/nowhere.json'], 'cannot be read'],
    [['list', 'source', '--config-table', 'other'], 'config table other could not be asked'],
  ])('%j says what is wrong', async (args, message) => {
    const { code, stderr } = await kindred('config', ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  it('lists its kinds and examples in its help', async () => {
    const { stdout } = await kindred('config', '--help');
    expect(stdout).toContain('where events come from');
    expect(stdout).toContain('kindred config put source');
  });
});
