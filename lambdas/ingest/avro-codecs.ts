import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { snappyUncompress } from 'hyparquet';

/** A block of an Avro file, uncompressed; writers end one at 64 KB to 2 MB. */
const BLOCK_BYTES_MAX = 32 * 1024 * 1024;
/** Each block of the snappy codec ends in the checksum of what it holds. */
const CHECKSUM_BYTES = 4;
/** A length of 32 bits in groups of seven. */
const LENGTH_BYTES_MAX = 5;

type Codec = (block: Buffer, done: (error?: Error | null, data?: Buffer) => void) => void;

const inflate = promisify(inflateRaw);

/** How the blocks of Avro files are compressed, by the names in their headers; never to more than a bound. */
export const avroCodecs: Readonly<Record<string, Codec>> = {
  null: (block, done) => done(null, block),
  deflate: (block, done) => {
    inflate(block, { maxOutputLength: BLOCK_BYTES_MAX }).then(
      (data) => done(null, data),
      (error) => done(error),
    );
  },
  snappy: (block, done) => {
    try {
      done(null, unsnappied(block.subarray(0, -CHECKSUM_BYTES)));
    } catch (error) {
      done(error instanceof Error ? error : new Error('a block is not snappy data'));
    }
  },
};

function unsnappied(block: Buffer): Buffer {
  const output = Buffer.alloc(uncompressedLength(block));
  snappyUncompress(block, output);
  return output;
}

/** Snappy data begins with its own length, seven bits a byte, the lowest first. */
function uncompressedLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < LENGTH_BYTES_MAX; at += 1) {
    const byte = block[at] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte >= 0x80) continue;
    if (length > BLOCK_BYTES_MAX) break;
    return length;
  }
  throw new Error('a block is larger than any real one');
}
