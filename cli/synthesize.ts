import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './user-error.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A cloud assembly of one environment in a folder of its own. */
export interface Assembly {
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * Bundles the functions and synthesizes the app as `cdk deploy` would.
 * @throws UserError with what the app said when it cannot.
 */
export async function synthesize(environment = 'dev', signal?: AbortSignal): Promise<Assembly> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-assembly-'));
  const directory = join(folder, 'cdk.out');
  const remove = () => rm(folder, { recursive: true, force: true });
  const words = ['cdk/app.ts', '--quiet', '-c', `env=${environment}`, '--output', directory];
  const { code, output } = await run(words, folder, signal);
  if (code === 0) return { directory, remove };
  await remove();
  signal?.throwIfAborted();
  throw new UserError(
    `The app does not synthesize:\n${output.trim()}`,
    'Run `npm run synth` and mend what it names.',
  );
}

function run(
  words: readonly string[],
  temporaryDirectory: string,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own would outlive Ctrl-C; this child gets the terminal's signal like its parent.
    const child = spawn(process.execPath, words, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      // What it leaves when it is interrupted goes with our own folder.
      env: { ...process.env, TMPDIR: temporaryDirectory },
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    // An abort kills the child, which then exits like any other.
    child.on('error', (error) => {
      if (error.name !== 'AbortError') reject(error);
    });
    child.on('exit', (code) => resolve({ code, output }));
  });
}
