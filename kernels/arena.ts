/**
 * One job's part of the kernels' memory: arrays are laid one behind the other from its beginning, each
 * on 16 bytes, and all of them are given up together when the job ends. Addresses are byte offsets.
 */
import { KernelMemoryError } from './kernel-error.ts';

/** Bytes of a page of WebAssembly's memory. */
export const PAGE_BYTES = 65_536;
/** Pages that a 32-bit address reaches: 4 GB. */
export const MEMORY_PAGES_MAX = 65_536;
/** Width of a vector, and of what two neighbouring arrays keep apart. */
const ALIGNMENT_BYTES = 16;
/** Nothing lies at address 0, so that it never passes for an array. */
const FIRST_ADDRESS = 64;
const GB = 2 ** 30;

export class Arena {
  readonly #memory: WebAssembly.Memory;
  #end = FIRST_ADDRESS;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Where the next array will lie. */
  get end(): number {
    return this.#end;
  }

  /** Gives up all arrays from an earlier `end` on. */
  release(end: number): void {
    this.#end = Math.min(end, this.#end);
  }

  /** Room for that many bytes; what lies there is left of an earlier job. */
  allocate(bytes: number): number {
    const address = this.#end;
    const end = address + Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    if (end > MEMORY_PAGES_MAX * PAGE_BYTES) {
      throw new KernelMemoryError(
        `This job needs at least ${gigabytes(end)} GB of the kernels' memory, which has 4 GB at most: ` +
          'train on fewer interactions, keep fewer neighbours or factors, or use the larger tier.',
      );
    }
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES), end);
    this.#end = end;
    return address;
  }

  allocateZeroed(bytes: number): number {
    const address = this.allocate(bytes);
    new Uint8Array(this.#memory.buffer, address, bytes).fill(0);
    return address;
  }

  /** Copies an array in and returns its address. */
  put(values: Uint32Array | Float32Array | Float64Array | Int8Array | Int16Array): number {
    const address = this.allocate(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.#memory.buffer, address, values.byteLength).set(bytes);
    return address;
  }

  /** The words of a job's description, as its class in `assembly/` lists them. */
  putJob(words: readonly number[]): number {
    return this.put(Uint32Array.from(words));
  }

  /** Views: valid until the next array is laid, so take them late and copy what leaves the job. */
  u32(address: number, length: number): Uint32Array<ArrayBufferLike> {
    return new Uint32Array(this.#memory.buffer, address, length);
  }

  u8(address: number, length: number): Uint8Array<ArrayBufferLike> {
    return new Uint8Array(this.#memory.buffer, address, length);
  }

  f32(address: number, length: number): Float32Array<ArrayBufferLike> {
    return new Float32Array(this.#memory.buffer, address, length);
  }

  f64(address: number, length: number): Float64Array<ArrayBufferLike> {
    return new Float64Array(this.#memory.buffer, address, length);
  }

  #grow(pages: number, end: number): void {
    try {
      this.#memory.grow(pages);
    } catch (cause) {
      throw new KernelMemoryError(
        `This job needs at least ${gigabytes(end)} GB of memory, which this machine does not give: ` +
          'use a function or task with more memory, or train on fewer interactions.',
        { cause },
      );
    }
  }
}

function gigabytes(bytes: number): string {
  return (bytes / GB).toFixed(1);
}
