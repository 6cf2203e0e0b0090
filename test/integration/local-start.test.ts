import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConnection } from '../../cli/connection.ts';

const ASSEMBLY = 'test/fixtures/local-cloud';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly said: { out: string; error: string };
  readonly ended: Promise<number | null>;
}

function start(...words: string[]): Run {
  const connection = ['--connection', join(folder, 'connection.json')];
  const child = spawn(process.execPath, ['cli/kindred.ts', 'start', ...connection, ...words]);
  const said = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.error += chunk.toString();
  });
  return { child, said, ended: once(child, 'close').then(([code]) => code) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('kindred start', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'with --json says one line when it is ready, and ends well at %s',
    async (signal) => {
      const { child, said, ended } = start('--json', '--port', '0', '--assembly', ASSEMBLY);
      await until(() => said.out.includes('\n'));
      const connection = JSON.parse(said.out);
      expect(Object.keys(connection).slice(0, 5)).toEqual([
        'collector',
        'writeKey',
        'api',
        'apiKey',
        'aws',
      ]);
      expect(await readConnection(join(folder, 'connection.json'))).toEqual(connection);
      const response = await fetch(`${connection.api}/v1/open`, { method: 'POST', body: 'a:1' });
      expect(response.status).toBe(202);
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(said.out.trim().split('\n')).toHaveLength(1);
      await expect(stat(join(folder, 'connection.json'))).rejects.toThrow('ENOENT');
    },
  );

  it('prints where everything is, then what happens', async () => {
    const { child, said, ended } = start('--port', '0', '--assembly', ASSEMBLY);
    await until(() => said.out.includes('What happens'));
    const { api, writeKey } = await readConnection(join(folder, 'connection.json'));
    expect(said.out).toContain(`curl -u '${writeKey}:'`);
    await fetch(`${api}/v1/open`, { method: 'POST', body: 'a:1' });
    await until(() => said.out.includes('→ Fold: success'));
    expect(said.out).toMatch(/api {6}POST \/api\/v1\/open → 202/u);
    // Colours are for a terminal.
    expect(said.out).not.toContain('\u001b[');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  it('says what cures a port that is taken, without a stack trace', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { said, ended } = start('--port', port, '--assembly', ASSEMBLY);
    expect(await ended).toBe(1);
    expect(said.error).toContain(`Port ${port} is taken.`);
    expect(said.error).toContain('--port');
    expect(said.error).not.toMatch(/^\s+at /mu);
    server.close();
  });

  it.each([
    ['a folder without an assembly', ['--assembly', 'test/nothing'], 'holds no synthesized app'],
    ['a port that is none', ['--port', 'banana'], 'A port is a whole number'],
    ['a port out of range', ['--port', '65536'], 'A port is a whole number'],
  ])('says what cures %s', async (_, words, expected) => {
    const { said, ended } = start(...words);
    expect(await ended).toBe(1);
    expect(said.error).toContain(expected);
    expect(said.error).not.toMatch(/^\s+at /mu);
  });

  it('names a resource that the local cloud doesn’t know', async () => {
    const assembly = join(folder, 'assembly');
    await cp(ASSEMBLY, assembly, { recursive: true });
    const file = join(assembly, 'Test.template.json');
    const template = JSON.parse(await readFile(file, 'utf8'));
    template.Resources.Machine = { Type: 'AWS::EC2::Instance' };
    await writeFile(file, JSON.stringify(template));
    const { said, ended } = start('--port', '0', '--assembly', assembly);
    expect(await ended).toBe(1);
    expect(said.error).toContain('AWS::EC2::Instance (Machine of Test)');
  });
});
