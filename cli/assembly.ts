import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './user-error.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Lines of the app's complaint that a person is shown. */
const COMPLAINT_LINES_MAX = 20;

/**
 * Bundles the functions and synthesizes the app into `directory`, in a process of its own as
 * `npm run synth` does; gives the folder.
 * @throws UserError with what the app said when it cannot.
 */
export async function synthesize(directory: string, signal?: AbortSignal): Promise<string> {
  const folder = resolve(directory);
  const child = spawn(process.execPath, ['cdk/app.ts', '--quiet', '--output', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  }
  const code = await new Promise<number | null>((resolveCode) => {
    child.on('error', () => resolveCode(null));
    child.on('close', resolveCode);
  });
  if (code === 0) return folder;
  signal?.throwIfAborted();
  const complaint = said.trim().split('\n').slice(-COMPLAINT_LINES_MAX).join('\n');
  throw new UserError(
    `The app cannot be synthesized:\n${complaint}`,
    complaint.includes('ENOSPC')
      ? 'The disk is full: free some space.'
      : 'Run `npm run synth` and mend what it names.',
  );
}

/**
 * The folder of an assembly that is there already.
 * @throws UserError when it isn't one.
 */
export async function existingAssembly(directory: string): Promise<string> {
  const folder = resolve(directory);
  const found = await stat(join(folder, 'manifest.json')).catch(() => undefined);
  if (found !== undefined) return folder;
  throw new UserError(
    `${directory} holds no cloud assembly.`,
    `Make one with \`node cdk/app.ts --output ${directory}\`, or leave --assembly out.`,
  );
}
