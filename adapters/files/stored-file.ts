import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** A file that can be read from any byte on, wherever it lies. It stays the same while it is read. */
export interface StoredFile {
  /** How messages name it. */
  readonly name: string;
  readonly bytes: number;
  /** The bytes from `start` up to and without `end`, or to the file's end. */
  read(start: number, end?: number): Promise<Readable>;
}

/** Large reads: fewer turns of the event loop per megabyte. */
export const READ_BYTES = 256 * 1024;

/** A file of this machine; `onBytes` is told of every byte that was read. */
export async function localFile(
  path: string,
  onBytes: (count: number) => void = () => undefined,
): Promise<StoredFile> {
  const bytes = await sizeOf(path);
  return {
    name: path,
    bytes,
    async read(start, end = bytes) {
      const handle = await open(path, 'r');
      // An end before the start would mean the whole file to a read stream.
      const options = { start, end: Math.max(start, end - 1), highWaterMark: READ_BYTES };
      const stream = handle.createReadStream(options);
      stream.on('data', (chunk) => onBytes(chunk.length));
      return stream;
    },
  };
}

/** Reads a part of the file whole. */
export async function readPart(file: StoredFile, start: number, end: number): Promise<Buffer> {
  if (end <= start) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of await file.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function sizeOf(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    return stat.size;
  } finally {
    await handle.close();
  }
}
