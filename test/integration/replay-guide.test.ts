import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConnection } from '../../cli/connection.ts';
import { eventually, startTestCloud, type TestCloud } from './cloud.ts';

const root = join(import.meta.dirname, '..', '..');
const DAY_MS = 86_400_000;

let test: TestCloud;
let folder: string;
let commands: string[];
const environment: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-replay-guide-'));
  test = await startTestCloud();
  const { connection } = test.cloud;
  await writeConnection(connection, join(folder, '.kindred', 'connection.json'));
  Object.assign(environment, {
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: 'kindred',
    AWS_SECRET_ACCESS_KEY: 'kindred',
    API_URL: connection.api,
  });
  const guide = await readFile(join(root, 'docs', 'how-to', 'replay.md'), 'utf8');
  const fences = [...guide.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].map(([, text = '']) => text);
  commands = fences.flatMap((text) => text.split(/(?<!\\)\n/u)).map((line) => line.trim());
  commands = commands.filter((line) => line !== '');
}, 120_000);
afterAll(async () => {
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a line of the guide in a shell, as a person would, with `npx kindred` being this checkout's. */
async function shell(line: string) {
  const own = `"${process.execPath}" "${join(root, 'cli', 'kindred.ts')}"`;
  const command = line.replace('npx kindred', own);
  try {
    const env = { ...process.env, ...environment };
    return {
      code: 0,
      ...(await promisify(execFile)('bash', ['-c', command], { cwd: folder, env })),
    };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** The guide's next command, which is to be this one. */
async function next(command: RegExp) {
  const line = commands.shift() ?? '';
  expect(line).toMatch(command);
  const result = await shell(line);
  expect(result.code, `${line}: ${result.stderr}`).toBe(0);
  return result.stdout;
}

async function register(required: string[], version: number): Promise<void> {
  const schema = {
    event: 'Quiz Finished',
    version,
    schema: {
      type: 'object',
      properties: { score: { type: 'number' }, quiz: { type: 'string' } },
      required,
    },
  };
  await writeFile(join(folder, 'schema.json'), JSON.stringify(schema));
  const { code, stderr } = await shell('npx kindred config put schema schema.json');
  expect(code, stderr).toBe(0);
}

const finishQuiz = (userId: string, properties: object) =>
  test.send('/v1/track', {
    type: 'track',
    event: 'Quiz Finished',
    userId,
    messageId: `quiz-${userId}`,
    properties,
  });
const eventCountOf = async (userId: string) => (await test.profileOf(userId))?.eventCount ?? 0;

describe('the guide to replays', () => {
  it('leads from a refusal over its remedy to the profile', async () => {
    await register(['score', 'quiz'], 1);
    expect((await finishQuiz('nora', { score: 7 })).status).toBe(400);
    expect((await finishQuiz('owen', { score: 'seven' })).status).toBe(400);

    const listed = await next(/kindred quarantine list/);
    expect(listed).toMatch(/bad-properties +website/);
    expect(listed).toContain('2 bad-properties');
    const { calls } = JSON.parse((await shell('npx kindred quarantine list --json')).stdout);
    for (const { id } of calls) {
      const { stdout } = await shell(`npx kindred quarantine show ${id} --json`);
      if (JSON.parse(stdout).event.userId === 'nora') environment.CALL_ID = id;
    }
    expect(await next(/kindred quarantine show/)).toMatch(/properties\.quiz: [\s\S]*Quiz Finished/);

    await register(['score'], 2);
    const dry = await next(/replay start .*--dry-run/);
    expect(dry).toMatch(/Done: 2 looked at, 2 matched, 1 would be accepted/);
    expect(await eventCountOf('nora')).toBe(0);

    expect(await next(/replay start --reason bad-properties$/)).toMatch(
      /1 accepted\.\n {2}1 refused again: bad-properties/,
    );
    await eventually(
      'the profile',
      () => eventCountOf('nora'),
      (count) => count === 1,
    );

    // Once more: what was accepted has left, what is still wrong lies there once, under the same id.
    const again = await shell('npx kindred replay start --reason bad-properties --json');
    const progress = JSON.parse(again.stdout);
    expect(progress).toMatchObject({ status: 'done', readCount: 1, acceptedCount: 0 });
    expect((await shell('npx kindred quarantine list')).stdout).toContain('1 bad-properties');
    environment.REPLAY_ID = progress.replayId;
    expect(await next(/replay status/)).toMatch(/Done: 1 looked at/);
    const resumed = await shell(`npx kindred replay resume ${progress.replayId}`);
    expect(resumed.code).not.toBe(0);
    expect(resumed.stderr).toMatch(/is done; start another one/);
  }, 120_000);

  it('replays the lake, and asks over HTTP without the command', async () => {
    await test.send('/v1/track', { event: 'Signed Up', userId: 'pia', messageId: 'pia-1' });
    await eventually(
      'the profile',
      () => eventCountOf('pia'),
      (count) => count === 1,
    );
    await eventually(
      'the lake',
      async () => (await shell('npx kindred replay start --raw --json --dry-run')).stdout,
      (stdout) => JSON.parse(stdout).acceptedCount >= 2,
    );
    expect(await next(/--raw .*--dry-run/)).toMatch(/[1-9]\d* would be accepted/);
    expect(await next(/--raw .*--rate 1000/)).toMatch(/[1-9]\d* accepted/);
    expect(await next(/--failures --dry-run/)).toMatch(/0 would be accepted/);
    expect(await next(/--failures$/)).toMatch(/0 accepted/);
    expect(await next(/^curl /)).toMatch(/"replayId":"[0-9a-f-]{36}"/);
    expect(commands).toEqual([]);
    await test.send('/v1/identify', { userId: 'pia', messageId: 'pia-2', traits: { plan: 'x' } });
    await eventually(
      'the later one',
      () => eventCountOf('pia'),
      (count) => count === 2,
    );
  }, 120_000);
});

describe('what goes wrong', () => {
  it.each([
    ['replay start --from 2026-11-02 --to 2026-11-01', /to: lies before from/],
    ['replay start --from yesterday', /from: /],
    ['replay start --raw --reason bad-time', /what: only refused calls have reasons/],
    ['replay start --rate 0', /whole number above 0/],
    ['replay status nothing', /UUID|replayId|not as expected/i],
    ['replay status 0b0a6c1e-6a3f-4f7e-9f43-0d1f8a3b7c55', /no such replay/],
    [`quarantine show ${'0'.repeat(32)}`, /No call 0{32} waits/],
    ['quarantine list --api http://127.0.0.1:1', /cannot be reached/],
  ])('is told with its remedy: kindred %s', async (command, message) => {
    const { code, stderr } = await shell(`npx kindred ${command}`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('is a signature that the API does not know', async () => {
    const stranger = `AWS_ACCESS_KEY_ID=nobody AWS_SECRET_ACCESS_KEY=x npx kindred quarantine list --api "$API_URL"`;
    const { stderr } = await shell(stranger);
    expect(stderr).toMatch(/execute-api:Invoke/);
    const known = await shell('npx kindred quarantine list --api "$API_URL" --json');
    expect(JSON.parse(known.stdout)).toHaveProperty('calls');
  });

  it('is nothing where days are long past', async () => {
    const day = new Date(Date.now() - 80 * DAY_MS).toISOString().slice(0, 10);
    const { stdout } = await shell(`npx kindred quarantine list --from ${day} --to ${day}`);
    expect(stdout).toContain('Nothing waits there.');
  });
});
