import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, 'requirements.txt');
/** Kept between runs, beside what the local cloud keeps. */
const environmentsFolder = join(import.meta.dirname, '../../.kindred/peers');
const PEER_VARIABLES = { PYTHONUNBUFFERED: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' };

const answer = z.object({ seconds: z.number() });

/**
 * Python of a virtual environment that has implicit and scikit-learn at the versions of `requirements.txt`,
 * from the Python Package Index; undefined, with a line that says why, where there is no Python or no way there.
 */
export async function pythonWithPeers(): Promise<string | undefined> {
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = join(environmentsFolder, digest.slice(0, 16));
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return python;
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(environmentsFolder, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements], {
      env: { ...process.env, ...PEER_VARIABLES },
    });
    await writeFile(complete, '');
    return python;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    process.stderr.write(
      `peers: skipped, python3 with implicit and scikit-learn is not to be had (${reason})\n`,
    );
    return undefined;
  }
}

/** A process of the peers on the matrix in a folder, asked one thing at a time. */
export class PythonPeers {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(python: string, folder: string, threads: number, columnCount: number) {
    const script = join(import.meta.dirname, 'peer.py');
    const child = spawn(python, [script, folder, String(threads), String(columnCount)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...PEER_VARIABLES },
    });
    this.#process = child;
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Seconds that the peer took for the fit alone. */
  async fit(question: Readonly<Record<string, string | number>>): Promise<number> {
    this.#process.stdin?.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the peers’ process ended; its error stands above');
    return answer.parse(JSON.parse(value)).seconds;
  }

  close(): void {
    this.#reader.close();
    this.#process.kill();
  }
}
