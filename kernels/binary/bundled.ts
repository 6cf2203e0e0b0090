/** The kernels' WebAssembly in a bundle: esbuild has put the compiled file's bytes into it. */
import binary from '../build/kernels.wasm';

export function kernelsBinary(): Uint8Array<ArrayBuffer> {
  return binary;
}
