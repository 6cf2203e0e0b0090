import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/training/seeded-random.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-evaluate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kindred(...args: string[]) {
  try {
    const { stdout, stderr } = await run(process.execPath, ['cli/kindred.ts', ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Even users have even items and odd ones odd items, of which a part is left to find. */
function tastes(): { train: string; test: string } {
  const random = seededRandom(3);
  const [train, test] = [[] as string[], [] as string[]];
  for (let user = 0; user < 120; user++) {
    const items = new Set<number>();
    while (items.size < 10) items.add(2 * Math.floor(random() * 30) + (user % 2));
    const all = [...items];
    train.push(`u${user} ${all.slice(0, 8).join(' ')}`);
    test.push(`u${user} ${all.slice(8).join(' ')}`);
  }
  return { train: `${train.join('\n')}\n`, test: test.join('\n') };
}

async function evaluation(train: string, test: string) {
  const files = [
    ...['--train', await file('train.txt.gz', gzipSync(train))],
    ...['--test', await file('test.txt', test)],
  ];
  return async (model: string) => {
    const { code, stdout, stderr } = await kindred(
      ...['evaluate', ...files, '--model', model, '--json', '--threads', '1'],
    );
    expect(code).toBe(0);
    // Progress alone.
    expect(stderr).toMatch(/^(kindred: [a-z -]+\n)+$/);
    expect(stderr).toContain('kindred: scoring\n');
    return JSON.parse(stdout);
  };
}

describe('kindred evaluate', () => {
  it('judges a model on files, compressed or not, as one JSON document', async () => {
    const { train, test } = tastes();
    const evaluate = await evaluation(train, test);
    const [popular, similarity, best] = [
      await evaluate('popular'),
      await evaluate('similarity'),
      await evaluate('best'),
    ];
    expect(similarity).toMatchObject({
      k: 20,
      users: 120,
      train: { users: 120, items: 60, interactions: 960 },
    });
    expect(similarity.recall).toBeGreaterThan(1.5 * popular.recall);
    expect(best.recall).toBeGreaterThan(1.5 * popular.recall);
    expect(best.ndcg).toBeGreaterThan(popular.ndcg);
    expect(similarity.seconds.train).toBeGreaterThan(0);
    expect(similarity.peakMemoryMegabytes).toBeGreaterThan(0);
  });

  it('says the same again from its seed', async () => {
    const { train, test } = tastes();
    const evaluate = await evaluation(train, test);
    const [one, other] = [await evaluate('best'), await evaluate('best')];
    const measured = { seconds: 0, peakMemoryMegabytes: 0 };
    expect({ ...one, ...measured }).toEqual({ ...other, ...measured });
  });

  it('prints a table to a person', async () => {
    const { train, test } = tastes();
    const { stdout, code } = await kindred(
      ...['evaluate', '--train', await file('a.txt', train), '--test', await file('b.txt', test)],
      ...['--model', 'similarity', '--k', '5'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Recall@5 +0\.\d{4}\nNDCG@5 +0\.\d{4}\n/);
    expect(stdout).toContain('120 users with 240 test items');
  });

  it.each([
    ['', 'has no interaction: no line names an item.'],
    ['1\n2\n', 'has no interaction: no line names an item.'],
    ['1 2\n1,2,3\n', 'line 2: has one field without a blank'],
    [new Uint8Array([0x1f, 0x8b, 8, 0, 1, 2, 3]), 'is a damaged gzip file'],
    [gzipSync('1 2 3\n'.repeat(10_000)).subarray(0, 60), 'is a damaged gzip file'],
    ['1 2\n3 \u0000\u0001\n', 'line 2: is not text'],
    ['1::1193::5::978300760\n', 'line 1: has one field without a blank'],
    ['user_id\titem_id\n1 2\n', 'line 1: is a header'],
  ])('says which file, which line and what to do: %#', async (content, message) => {
    const bad = await file('bad.txt', content);
    const { code, stdout, stderr } = await kindred(
      ...['evaluate', '--train', bad, '--test', await file('good.txt', '1 2\n')],
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`kindred: ${bad}`);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });

  it('names a file that does not exist and a model that there is not', async () => {
    const absent = await kindred('evaluate', '--train', 'nowhere.txt', '--test', 'nowhere.txt');
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('does not exist') });
    const model = await kindred('evaluate', '--train', 'a', '--test', 'b', '--model', 'x');
    expect(model).toMatchObject({ code: 1, stderr: expect.stringContaining('Allowed choices') });
  });

  it('notes lines that look like ratings, and counts the items of train alone', async () => {
    const ratings = Array.from(
      { length: 30 },
      (_, user) => `${user} i${user % 7} 4 88125094${user}`,
    );
    const { code, stdout } = await kindred(
      ...['evaluate', '--train', await file('ratings.txt', ratings.join('\r\n'))],
      ...['--test', await file('unknown.txt', '1 i3 i99')],
      ...['--model', 'popular', '--json', '--threads', '1'],
    );
    expect(code).toBe(0);
    const { notes, train } = JSON.parse(stdout);
    expect(notes).toContainEqual(expect.stringContaining('has 4 fields; if they are a user'));
    // 7 items, one rating and 30 times.
    expect(train.items).toBe(38);
    expect(notes).toContainEqual(expect.stringMatching(/^1 items of test are not in train/));
  });

  it('does what its guide says, command by command', async () => {
    const guide = await readFile('docs/how-to/evaluate-a-model.md', 'utf8');
    const fences = [...guide.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
    expect(fences).toHaveLength(3);
    // In a folder of the test's own, with this checkout's command.
    const script = fences
      .join('\n')
      .replaceAll('/tmp/kindred-evaluate', join(folder, 'guide'))
      .replaceAll('npx kindred', `'${process.execPath}' cli/kindred.ts`);
    const { stdout } = await run('bash', ['-euc', script]);
    expect(stdout).toMatch(/^Recall@2 +\d\.\d{4}\nNDCG@2 +\d\.\d{4}\n/);
    const document = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(document).toMatchObject({ model: 'similarity', users: 2, notes: [] });
  });

  it('survives one user, one item, and a test that shares nothing with train', async () => {
    const one = await file('one.txt', '1 2\n');
    const other = await file('other.txt', '8 9\n');
    for (const [test, recall] of [
      [one, 0],
      // Two items are all that there are, so both are ranked.
      [other, 1],
    ] as const) {
      const { code, stdout } = await kindred(
        ...['evaluate', '--train', one, '--test', test, '--json', '--threads', '1'],
      );
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ recall });
    }
  });
});
