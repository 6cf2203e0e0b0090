/** The kernels' WebAssembly where the sources are: compiled first, if they changed. */
import { readFileSync } from 'node:fs';
import { binaryFile, compileKernels } from '../compile.ts';

export function kernelsBinary(): Uint8Array<ArrayBuffer> {
  compileKernels();
  return Uint8Array.from(readFileSync(binaryFile));
}
