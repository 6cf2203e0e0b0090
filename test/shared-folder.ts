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
  return () => rm(folder, { recursive: true, force: true });
}
