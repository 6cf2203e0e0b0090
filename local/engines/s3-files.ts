import { randomUUID } from 'node:crypto';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Error } from './s3-error.ts';

/** Small chunks are gathered up to this size, as each write is a trip to another thread. */
const WRITE_BYTES = 1024 * 1024;

/** Ending of files that hold an object's or a part's bytes. */
export const DATA_ENDING = '.data';

/** Writes the bytes to a new file of the folder and gives its name; nothing is left of a failed write. */
export async function writeData(folder: string, chunks: AsyncIterable<Buffer>): Promise<string> {
  const name = `${randomUUID()}${DATA_ENDING}`;
  const path = join(folder, name);
  try {
    const file = await open(path, 'wx');
    try {
      for await (const bytes of gathered(chunks)) await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    return name;
  } catch (error) {
    await rm(path, { force: true });
    throw explained(error, folder);
  }
}

/** Writes a file whole or not at all: no reader sees half of it. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explained(error, path);
  }
}

async function* gathered(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < WRITE_BYTES) continue;
    yield Buffer.concat(held, bytes);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
}

function explained(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') return error;
  return new S3Error(507, 'InsufficientStorage', `No space is left for ${place}; free some.`);
}
