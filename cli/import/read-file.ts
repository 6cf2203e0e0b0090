import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../user-error.ts';

/** The first bytes of a gzip file (RFC 1952): a name says less about a file than its content. */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
/** Large reads: fewer turns of the event loop per megabyte. */
const READ_BYTES = 256 * 1024;

/** A file that was read to its end once and found whole. */
export interface CheckedFile {
  readonly path: string;
  readonly bytes: number;
  readonly isGzip: boolean;
  /** SHA-256 of the stored bytes. */
  readonly sha256: string;
}

/**
 * Reads a file through before anything is sent, so that a truncated download or a wrong encoding
 * stops the import at its beginning and not in its middle.
 * @throws UserError with the remedy.
 */
export async function checkFile(path: string, encoding: 'utf-8' | 'latin1'): Promise<CheckedFile> {
  const { bytes, isGzip } = await probe(path);
  const hash = createHash('sha256');
  const stored = createReadStream(path, { highWaterMark: READ_BYTES });
  stored.on('data', (chunk) => hash.update(chunk));
  try {
    await pipeline(unzipped(stored, isGzip), async (chunks: AsyncIterable<Buffer>) => {
      const decoder = new TextDecoder('utf-8', { fatal: true });
      for await (const chunk of chunks) {
        if (encoding === 'utf-8') decoder.decode(chunk, { stream: true });
      }
      if (encoding === 'utf-8') decoder.decode();
    });
  } catch (error) {
    throw unreadable(path, error);
  }
  return { path, bytes, isGzip, sha256: hash.digest('hex') };
}

/** The content of a checked file, unpacked; `onBytes` is told of every stored byte that was read. */
export function openContent(file: CheckedFile, onBytes: (count: number) => void): Readable {
  const stored = createReadStream(file.path, { highWaterMark: READ_BYTES });
  stored.on('data', (chunk) => onBytes(chunk.length));
  return unzipped(stored, file.isGzip);
}

/** What to tell about a file that can't be read; other errors pass unchanged. */
export function unreadable(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') {
    return new UserError(
      `${path} is truncated: its gzip data ends too early.`,
      'Download or copy it again.',
    );
  }
  if (code.startsWith('Z_')) {
    return new UserError(
      `${path} is damaged: its gzip data is inconsistent.`,
      'Download or copy it again.',
    );
  }
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return new UserError(
      `${path} is not UTF-8.`,
      'Convert it (iconv -f latin1 -t utf-8), or set "encoding": "latin1" in the mapping\'s format.',
    );
  }
  if (code === 'ENOENT') return new UserError(`There is no file ${path}.`, 'Check the path.');
  if (code === 'EACCES' || code === 'EPERM') {
    return new UserError(`${path} may not be read.`, 'Check its permissions.');
  }
  if (code === 'EISDIR') return new UserError(`${path} is a folder.`, 'Name a file in it.');
  if (code === 'EIO')
    return new UserError(`${path} can't be read from its disk.`, 'Check the disk.');
  return error;
}

async function probe(path: string): Promise<{ bytes: number; isGzip: boolean }> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const first = Buffer.alloc(GZIP_MAGIC.length);
      await handle.read(first, 0, first.length, 0);
      if (size === 0) throw new UserError(`${path} is empty.`, 'Export or download it again.');
      return { bytes: size, isGzip: first.equals(GZIP_MAGIC) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A stream of the content whose errors include those of the file below it. */
function unzipped(stored: Readable, isGzip: boolean): Readable {
  const content = isGzip
    ? createGunzip({ chunkSize: READ_BYTES })
    : new Transform({ transform: passOn });
  stored.on('error', (error) => content.destroy(error));
  content.on('close', () => stored.destroy());
  return stored.pipe(content);
}

function passOn(
  chunk: Buffer,
  _: BufferEncoding,
  done: (error: null, chunk: Buffer) => void,
): void {
  done(null, chunk);
}
