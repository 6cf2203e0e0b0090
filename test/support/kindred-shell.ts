import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');

/** What a line of a guide prints, run in `folder` as a person would, by this checkout's `kindred`. */
export async function kindredShell(
  line: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const own = `"${process.execPath}" "${join(root, 'cli', 'kindred.ts')}"`;
  const env = { ...process.env, ...environment };
  const command = line.replace('npx kindred', own);
  const { stdout } = await promisify(execFile)('bash', ['-c', command], { cwd: folder, env });
  return stdout;
}
