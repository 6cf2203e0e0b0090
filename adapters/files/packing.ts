import { Readable, Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { FileError, unreadable } from './file-error.ts';
import { READ_BYTES, readPart, type StoredFile } from './stored-file.ts';

/** How a file is packed, as its first bytes say: a name says less about a file than its content. */
export type Packing = 'plain' | 'gzip' | 'zstd' | 'parquet';

/** RFC 1952, RFC 8878 and the Parquet format's own document. */
const magicNumbers: readonly (readonly [Packing, Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['parquet', Buffer.from('PAR1')],
];
const MAGIC_BYTES_MAX = 4;

/** @throws FileError for a file without a byte. */
export async function packingOf(file: StoredFile): Promise<Packing> {
  if (file.bytes === 0) {
    throw new FileError(`${file.name} is empty.`, 'Export or download it again.');
  }
  const first = await readPart(file, 0, Math.min(MAGIC_BYTES_MAX, file.bytes));
  const found = magicNumbers.find(([, magic]) => first.subarray(0, magic.length).equals(magic));
  return found?.[0] ?? 'plain';
}

/**
 * The content from a byte of it on, unpacked. What is packed can't be entered in its middle: it is
 * unpacked from its beginning and thrown away up to there.
 */
export async function openContent(
  file: StoredFile,
  packing: 'plain' | 'gzip' | 'zstd',
  offset: number,
): Promise<Readable> {
  if (packing === 'plain') {
    return offset >= file.bytes ? Readable.from([]) : file.read(offset);
  }
  const stored = await file.read(0);
  const content = packing === 'gzip' ? gunzipped(stored) : Readable.from(unzstd(stored));
  return offset === 0 ? content : Readable.from(after(content, offset));
}

/** Passes bytes on and fails at the first that are not UTF-8. */
export function checkedUtf8(content: Readable): Readable {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        decoder.decode(chunk, { stream: true });
        done(null, chunk);
      } catch (error) {
        done(asError(error));
      }
    },
    flush(done) {
      try {
        decoder.decode();
        done();
      } catch (error) {
        done(asError(error));
      }
    },
  });
  return joined(content, check);
}

/** Errors of what is unpacked or decoded, as the file's. */
export async function* withFileErrors<T>(
  name: string,
  source: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** A stream whose errors include those of the one before it, and which takes that one with it. */
function joined(first: Readable, second: Transform): Readable {
  first.on('error', (error) => second.destroy(error));
  second.on('close', () => first.destroy());
  return first.pipe(second);
}

/** Several members one after the other are one content (RFC 1952, 2.2); Node unpacks them all. */
function gunzipped(stored: Readable): Readable {
  return joined(stored, createGunzip({ chunkSize: READ_BYTES }));
}

/**
 * Several frames one after the other are one content (RFC 8878, 2), as `pzstd` and appended files are.
 * Node's stream ends with the first frame and forgets the bytes behind it, so that each gets its own.
 */
async function* unzstd(stored: Readable): AsyncGenerator<Buffer> {
  const input = stored.iterator({ destroyOnReturn: true });
  let rest: Buffer | undefined = await nextOf(input);
  try {
    while (rest !== undefined) {
      const frame = new ZstdFrame(rest, input);
      yield* frame.content();
      rest = frame.rest ?? (await nextOf(input));
    }
  } finally {
    stored.destroy();
  }
}

class ZstdFrame {
  /** The bytes behind the frame, once it has been read. */
  rest: Buffer | undefined;
  readonly #first: Buffer;
  readonly #input: AsyncIterator<Buffer>;

  constructor(first: Buffer, input: AsyncIterator<Buffer>) {
    this.#first = first;
    this.#input = input;
  }

  async *content(): AsyncGenerator<Buffer> {
    const decoder = createZstdDecompress({ chunkSize: READ_BYTES });
    let hasEnded = false;
    decoder.once('end', () => {
      hasEnded = true;
    });
    const feeding = this.#feed(decoder, () => hasEnded);
    // Awaited below; until then the decoder's own error says it first.
    feeding.catch(() => undefined);
    yield* decoder;
    await feeding;
  }

  /** One chunk at a time, so that when the frame ends the bytes behind it are all of this chunk. */
  async #feed(
    decoder: ReturnType<typeof createZstdDecompress>,
    hasEnded: () => boolean,
  ): Promise<void> {
    let fedBytes = 0;
    let chunk: Buffer | undefined = this.#first;
    try {
      for (; chunk !== undefined; chunk = await nextOf(this.#input)) {
        fedBytes += chunk.length;
        await written(decoder, chunk);
        const behind = fedBytes - decoder.bytesWritten;
        if (behind > 0 || hasEnded()) {
          this.rest = behind > 0 ? chunk.subarray(chunk.length - behind) : undefined;
          return;
        }
      }
      decoder.end();
    } catch (error) {
      decoder.destroy(asError(error));
    }
  }
}

function written(decoder: ReturnType<typeof createZstdDecompress>, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => resolve();
    decoder.once('close', settle);
    decoder.write(chunk, (error) => {
      decoder.off('close', settle);
      if (error) reject(error);
      else resolve();
    });
  });
}

async function* after(content: Readable, offset: number): AsyncGenerator<Buffer> {
  let leftBytes = offset;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (chunk.length > leftBytes) yield leftBytes === 0 ? chunk : chunk.subarray(leftBytes);
    leftBytes = Math.max(0, leftBytes - chunk.length);
  }
}

async function nextOf(input: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const { value, done } = await input.next();
  return done ? undefined : value;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
