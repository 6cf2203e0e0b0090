import { Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import type { StoredFile } from '../../adapters/files/stored-file.ts';

const HEADER = 'Order,Customer,Product,Quantity,Price,Date,Description\n';
/** Every line has the same length, so that any byte of the file can be made without those before it. */
const LINE_BYTES = 94;
const LINES_PER_ORDER = 10;
const LINES_PER_PIECE = 2_800;

/** A CSV of order lines of about that size that exists nowhere: its bytes are made as they are read. */
export function generatedFile(megabytes: number): StoredFile {
  const lineCount = Math.floor((megabytes * 1e6 - HEADER.length) / LINE_BYTES);
  const bytes = HEADER.length + lineCount * LINE_BYTES;
  return {
    name: 'generated.csv',
    bytes,
    read: async (start, end = bytes) => Readable.from(pieces(lineCount, start, end)),
  };
}

/** The same, packed as it is read; it can only be read from its beginning. */
export function zstdPacked(file: StoredFile): StoredFile {
  return {
    ...file,
    name: `${file.name}.zst`,
    async read(start, end) {
      const packed = (await file.read(0)).pipe(createZstdCompress());
      // The first bytes alone are asked for to see how it is packed.
      return end === undefined ? packed : Readable.from(firstBytes(packed, start, end));
    },
  };
}

async function* firstBytes(content: Readable, start: number, end: number): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    yield chunk.subarray(start, end);
    return;
  }
}

function* pieces(lineCount: number, start: number, end: number): Generator<Buffer> {
  if (start < HEADER.length) yield Buffer.from(HEADER).subarray(start, end);
  const from = Math.max(0, start - HEADER.length);
  let line = Math.floor(from / LINE_BYTES);
  let skip = from % LINE_BYTES;
  let left = end - Math.max(start, HEADER.length);
  while (line < lineCount && left > 0) {
    const count = Math.min(LINES_PER_PIECE, lineCount - line);
    const bytes = Buffer.from(linesOf(line, count)).subarray(skip, skip + left);
    yield bytes;
    left -= bytes.length;
    skip = 0;
    line += count;
  }
}

function linesOf(first: number, count: number): string {
  let text = '';
  for (let at = first; at < first + count; at += 1) text += lineOf(at);
  return text;
}

function lineOf(at: number): string {
  const order = Math.floor(at / LINES_PER_ORDER);
  const cells = [
    String(order).padStart(9, '0'),
    `customer-${String(order % 100_003).padStart(6, '0')}`,
    `product-${String((at * 7919) % 10_007).padStart(5, '0')}`,
    String((at % 9) + 1),
    String((at % 97) + 0.25).padStart(5, '0'),
    `2026-01-${String((order % 28) + 1).padStart(2, '0')}`,
    'WHITE HANGING HEART T-LIGHT',
  ];
  return `${cells.join(',').padEnd(LINE_BYTES - 1, '.')}\n`;
}
