import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { compileKernels } from '../kernels/compile.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the run keeps what its tests share; see integration/shared-assembly.ts. */
    assemblyFolder: string;
  }
}

/** Makes the folder that a run of tests shares, and takes it away again; compiles the kernels once for all tests. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  compileKernels();
  const folder = await mkdtemp(join(tmpdir(), 'kindred-tests-'));
  provide('assemblyFolder', folder);
  // Tests start the command and functions' processes hundreds of times: compiling the same sources anew took
  // most of their time. https://nodejs.org/api/module.html#module-compile-cache
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compile-cache');
  // A process that is on its way out may be writing its part of the cache still.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
