import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileError } from '../files/file-error.ts';
import { openContent, packingOf, withFileErrors } from '../files/packing.ts';
import { localFile, type StoredFile } from '../files/stored-file.ts';

/**
 * The file as DuckDB is to read it: one that is packed is unpacked into the folder. DuckDB could unpack by
 * itself, but takes a file that was cut off for a shorter one, and reads what is packed with one thread.
 * @throws FileError for one that is not there, cut off or damaged.
 */
export async function unpackedFile(
  path: string,
  folder: string,
  number: number,
): Promise<StoredFile> {
  const file = { ...(await opened(path)), name: basename(path) };
  const packing = await packingOf(file);
  if (packing === 'plain' || packing === 'parquet') return { ...file, name: path };
  const target = join(folder, `${number}-${basename(path).replace(/\.(gz|zst)$/i, '')}`);
  const content = withFileErrors(file.name, await openContent(file, packing, 0));
  await pipeline(Readable.from(content), createWriteStream(target));
  return localFile(target);
}

async function opened(path: string): Promise<StoredFile> {
  try {
    return await localFile(path);
  } catch {
    throw new FileError(`${basename(path)} is not there.`, 'Check the path.');
  }
}
