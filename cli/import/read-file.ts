import { createHash } from 'node:crypto';
import { FileError } from '../../adapters/files/file-error.ts';
import { readRows } from '../../adapters/files/read-rows.ts';
import { localFile } from '../../adapters/files/stored-file.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { UserError } from '../user-error.ts';

/** A file that was read to its end once and found whole. */
export interface CheckedFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the stored bytes. */
  readonly sha256: string;
}

/**
 * Reads a file through before anything is sent, so that a truncated download or a wrong encoding
 * stops the import at its beginning and not in its middle.
 * @throws UserError with the remedy.
 */
export async function checkFile(path: string, mapping: Mapping): Promise<CheckedFile> {
  try {
    const file = await localFile(path);
    for await (const _ of readRows(file, mapping));
    const hash = createHash('sha256');
    for await (const chunk of await file.read(0)) hash.update(chunk);
    return { path, bytes: file.bytes, sha256: hash.digest('hex') };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What to tell about a file that can't be read; other errors pass unchanged. */
export function unreadable(path: string, error: unknown): unknown {
  if (error instanceof FileError) {
    return new UserError(error.message, `${error.found} ${error.remedy}`.trim());
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new UserError(`There is no file ${path}.`, 'Check the path.');
  if (code === 'EACCES' || code === 'EPERM') {
    return new UserError(`${path} may not be read.`, 'Check its permissions.');
  }
  if (code === 'EISDIR') return new UserError(`${path} is a folder.`, 'Name a file in it.');
  if (code === 'EIO')
    return new UserError(`${path} can't be read from its disk.`, 'Check the disk.');
  return error;
}
