import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, readConnection, writeConnection } from '../../cli/connection.ts';

const example: Connection = {
  collector: 'http://127.0.0.1:8787/api',
  writeKey: 'write-key',
  api: 'http://127.0.0.1:8787/api',
  apiKey: 'api-key',
  aws: { dynamodb: 'http://127.0.0.1:4000' },
  region: 'eu-west-1',
  resources: { ProfilesTableName: 'profiles' },
};

describe('the connection file', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kindred-connection-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is read back as it was written, by its owner alone', async () => {
    const file = join(folder, 'deep', 'connection.json');
    await writeConnection(example, file);
    expect(await readConnection(file)).toEqual(example);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('says what to do when there is none', async () => {
    await expect(readConnection(join(folder, 'none.json'))).rejects.toMatchObject({
      name: 'UserError',
      remedy: expect.stringContaining('npm start'),
    });
  });

  it('names the field that is wrong', async () => {
    const file = join(folder, 'connection.json');
    await writeFile(file, JSON.stringify({ ...example, collector: 7 }));
    await expect(readConnection(file)).rejects.toThrow(/collector/u);
  });
});
