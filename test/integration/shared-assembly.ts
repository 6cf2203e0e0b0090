import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inject } from 'vitest';

/**
 * The app as it deploys, synthesized once for a whole run of tests by the first that asks; the others
 * wait. It is read only: who changes a template makes one of its own.
 */
export async function sharedAssembly(): Promise<string> {
  const folder = inject('assemblyFolder');
  const assembly = join(folder, 'cdk.out');
  const done = join(folder, 'done');
  while (!existsSync(done)) {
    if (await isFirst(folder)) await synthesizeInto(folder, assembly, done);
    else await pause(50);
  }
  return assembly;
}

/** A folder can be made once, whoever else tries at the same time. */
async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(join(folder, 'begun'));
    return true;
  } catch {
    return false;
  }
}

async function synthesizeInto(folder: string, assembly: string, done: string): Promise<void> {
  try {
    const words = ['cdk/app.ts', '--quiet', '--output', assembly];
    await promisify(execFile)(process.execPath, words);
    await writeFile(done, '');
  } catch (error) {
    // The next that asks tries again, and says again what is wrong.
    await rm(join(folder, 'begun'), { recursive: true, force: true });
    throw error;
  }
}
