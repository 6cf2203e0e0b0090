/**
 * The columns of a model's first format, as plain as they lie in memory: after the header offsets
 * u32[items + 1], indices u32[n], scores f32[n], popular f32[items], trending f32[items], little-endian. Read
 * for as long as a model that an earlier release published may be the current one; nothing writes it any more.
 */
import { type Checked, refusal } from './artefact.ts';
import type { Model } from './model.ts';

const HEADER_BYTES = 16;
const WORD_BYTES = 4;

export type ModelColumns = Pick<Model, 'neighbours' | 'popular' | 'trending'>;

/** `bytes` with the header, which has been checked. */
export function decodeColumnsV1(
  bytes: Uint8Array,
  itemCount: number,
  neighbourCount: number,
  name: string,
): Checked<ModelColumns> {
  const words = itemCount + 1 + 2 * neighbourCount + 2 * itemCount;
  if (bytes.byteLength !== HEADER_BYTES + words * WORD_BYTES) {
    return refusal(`${name} has ${bytes.byteLength} bytes, which its counts do not give`);
  }
  // A copy: it is aligned to 4 bytes, and does not keep the download's buffer alive.
  const { buffer } = new Uint8Array(bytes);
  let at = HEADER_BYTES;
  const next = (count: number): number => {
    const start = at;
    at += count * WORD_BYTES;
    return start;
  };
  const offsets = new Uint32Array(buffer, next(itemCount + 1), itemCount + 1);
  const indices = new Uint32Array(buffer, next(neighbourCount), neighbourCount);
  const scores = new Float32Array(buffer, next(neighbourCount), neighbourCount);
  const popular = new Float32Array(buffer, next(itemCount), itemCount);
  const trending = new Float32Array(buffer, next(itemCount), itemCount);
  if (!rowsAreSound(offsets, indices, itemCount)) {
    return refusal(`${name} points outside of its own rows or items`);
  }
  return { ok: true, value: { neighbours: { offsets, indices, scores }, popular, trending } };
}

function rowsAreSound(offsets: Uint32Array, indices: Uint32Array, itemCount: number): boolean {
  if (offsets[0] !== 0 || offsets[itemCount] !== indices.length) return false;
  const ascends = offsets.every((offset, row) => row === 0 || offset >= (offsets[row - 1] ?? 0));
  return ascends && indices.every((target) => target < itemCount);
}
