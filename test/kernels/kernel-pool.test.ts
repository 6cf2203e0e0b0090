import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { bundle } from '../../cdk/constructs/bundled-code.ts';
import { cooccurrence } from '../../kernels/cooccurrence.ts';
import { KernelMemoryError, KernelThreadError } from '../../kernels/kernel-error.ts';
import { KernelPool, type KernelPoolOptions } from '../../kernels/kernel-pool.ts';

const root = join(import.meta.dirname, '../..');
const pools: KernelPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function poolWith(options: KernelPoolOptions): KernelPool {
  const pool = new KernelPool(options);
  pools.push(pool);
  return pool;
}

const input = {
  matrix: {
    offsets: Uint32Array.of(0, 2, 4),
    columns: Uint32Array.of(0, 1, 1, 2),
    columnCount: 3,
  },
  sourceWeights: new Float32Array(4).fill(1),
  targetWeights: new Float32Array(4).fill(1),
  rowScale: new Float32Array(2).fill(1),
  sourceScale: new Float32Array(3).fill(1),
  targetScale: new Float32Array(3).fill(1),
  neighboursMax: 5,
  keepsSelf: false,
};
const right = Uint32Array.of(1, 0, 2, 1);

/** The first `count` threads do this when they are asked to compute; later ones are sound. */
function firstThreads(count: number, instead: string): KernelPoolOptions {
  let started = 0;
  return {
    threads: 2,
    startWorker: (source) => {
      started += 1;
      const changed = source.replace('while (kernels[name](job, thread));', instead);
      expect(changed).not.toBe(source);
      return new Worker(started <= count ? changed : source, { eval: true, execArgv: [] });
    },
  };
}

describe('a pool of kernel threads', () => {
  it.each<[what: string, count: number, instead: string, message: RegExp]>([
    ['dies', 1, 'process.exit(3)', /ended with code 3 at work/],
    ['dies with all others', 2, 'process.exit(3)', /ended with code 3 at work/],
    ['throws', 1, "throw new Error('trap')", /failed: Error: trap/],
    [
      'throws where nothing catches it',
      1,
      "queueMicrotask(() => { throw new Error('late'); }); return;",
      /failed: late/,
    ],
    [
      'runs out of memory',
      1,
      'throw new RangeError("memory access out of bounds")',
      /out of bounds/,
    ],
  ])('rejects the call when a thread %s, and starts anew', async (_, count, instead, message) => {
    const pool = poolWith(firstThreads(count, instead));
    const failed = cooccurrence(pool, input);
    const waiting = cooccurrence(pool, input);
    await expect(failed).rejects.toThrow(KernelThreadError);
    await expect(failed).rejects.toThrow(message);
    expect((await waiting).indices).toEqual(right);
    expect((await cooccurrence(pool, input)).indices).toEqual(right);
  });

  it('starts anew after a thread died with nothing to do', async () => {
    const threads: Worker[] = [];
    const pool = poolWith({
      threads: 2,
      startWorker: (source) => {
        threads.push(new Worker(source, { eval: true, execArgv: [] }));
        return threads.at(-1)!;
      },
    });
    await cooccurrence(pool, input);
    await threads[0]!.terminate();
    expect((await cooccurrence(pool, input)).indices).toEqual(right);
    expect(threads).toHaveLength(4);
  });

  it('computes in the calling thread where none may be started', async () => {
    const pool = poolWith({
      threads: 4,
      startWorker: () => {
        throw new Error('Access to this API has been restricted');
      },
    });
    expect((await cooccurrence(pool, input)).indices).toEqual(right);
    expect(pool.threads).toBe(1);
  });

  it('names the memory that a job needs beyond 4 GB, and computes on', async () => {
    const pool = poolWith({ threads: 1 });
    const tooMuch = pool.run(async ({ arena }) => arena.allocate(5 * 2 ** 30));
    await expect(tooMuch).rejects.toThrow(KernelMemoryError);
    await expect(tooMuch).rejects.toThrow(/needs at least 5\.0 GB .* 4 GB at most/);
    expect((await cooccurrence(pool, input)).indices).toEqual(right);
  });

  it('reaches addresses beyond 2 GB', async () => {
    const pool = poolWith({ threads: 1 });
    const place = await pool.run(async ({ arena, call }) => {
      arena.allocate(3 * 2 ** 30);
      return call('firstBadValue', arena.put(Float32Array.of(1, 2, Number.NaN)), 3, 1);
    });
    expect(place).toBe(2);
  });

  it('says that it is closed', async () => {
    const pool = poolWith({ threads: 2 });
    const before = cooccurrence(pool, input);
    const closed = pool.close();
    await expect(cooccurrence(pool, input)).rejects.toThrow(/pool of kernel threads is closed/);
    expect((await before).indices).toEqual(right);
    await closed;
  });

  it.each([0, 1.5, 1000])('refuses %d threads', (threads) => {
    expect(() => new KernelPool({ threads })).toThrow(/threads is/);
  });
});

describe('a bundle that uses the kernels', () => {
  const program = `
    import { cooccurrence } from ${JSON.stringify(join(root, 'kernels/cooccurrence.ts'))};
    import { KernelPool } from ${JSON.stringify(join(root, 'kernels/kernel-pool.ts'))};
    const pool = new KernelPool({ threads: 2 });
    const ones = (length: number) => new Float32Array(length).fill(1);
    const { indices } = await cooccurrence(pool, {
      matrix: { offsets: Uint32Array.of(0, 2, 4), columns: Uint32Array.of(0, 1, 1, 2), columnCount: 3 },
      sourceWeights: ones(4), targetWeights: ones(4), rowScale: ones(2),
      sourceScale: ones(3), targetScale: ones(3), neighboursMax: 5, keepsSelf: false,
    });
    console.log(JSON.stringify({ indices: [...indices], threads: pool.threads }));`;

  it.each<[what: string, flags: string[], threads: number]>([
    ['carries them, and ends by itself', [], 2],
    ['computes where it may start no thread', ['--permission', '--allow-fs-read=*'], 1],
  ])('%s', async (_, flags, threads) => {
    const folder = await mkdtemp(join(tmpdir(), 'kernels-bundle-'));
    try {
      await writeFile(join(folder, 'entry.ts'), program);
      for (const { name, contents } of bundle(join(folder, 'entry.ts'), root)) {
        await writeFile(join(folder, name), contents);
      }
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [...flags, join(folder, 'index.mjs')],
        { cwd: folder },
      );
      expect(JSON.parse(stdout)).toEqual({ indices: [1, 0, 2, 1], threads });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
