/** The compiled kernels, and a memory for them to compute in. */
import { kernelsBinary } from '#kernels-binary';
import { MEMORY_PAGES_MAX } from './arena.ts';
import { KernelMemoryError, KernelThreadError } from './kernel-error.ts';

/** Calls a kernel in this thread. */
export type CallKernel = (name: string, ...parameters: number[]) => number;

let compiled: WebAssembly.Module | undefined;

/** Compiled once for a process; threads share its code. */
export function compiledModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(kernelsBinary());
  return compiled;
}

/** A page that may grow to all that 32-bit addresses reach; of a size that is known, exactly as many pages as given. */
export function newMemory(pages?: number): WebAssembly.Memory {
  if (pages === undefined) {
    return new WebAssembly.Memory({ initial: 1, maximum: MEMORY_PAGES_MAX, shared: true });
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw new KernelMemoryError(
      `This machine does not give a memory of ${pages} pages of 64 KB: use a function with more memory.`,
      { cause },
    );
  }
}

/**
 * The kernels on a memory of their own, for calls in this thread alone.
 * @throws KernelMemoryError where the machine doesn't give so many pages
 */
export function instantiate(pages?: number): { memory: WebAssembly.Memory; call: CallKernel } {
  const memory = newMemory(pages);
  const { exports } = new WebAssembly.Instance(compiledModule(), { env: { memory } });
  return { memory, call: (name, ...parameters) => callKernel(exports, name, parameters) };
}

/** @throws KernelThreadError where it traps */
export function callKernel(
  exports: WebAssembly.Exports,
  name: string,
  parameters: readonly number[],
): number {
  const kernel = exports[name];
  if (typeof kernel !== 'function') throw new TypeError(`there is no kernel ${name}`);
  try {
    return Number(kernel(...parameters));
  } catch (cause) {
    throw new KernelThreadError(`The kernel ${name} failed: ${String(cause)}`, { cause });
  }
}
