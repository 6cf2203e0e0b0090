import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Those lines at a time that a chunk completes; at the end, whether that was the end of the whole. */
export type Lines = AsyncGenerator<string[], 'whole' | 'broken'>;

export async function* splitLines(source: AsyncIterable<Buffer>): Lines {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
  return 'whole';
}

/**
 * The lines of what is packed by gzip, read no faster than they are taken. Ends early and returns 'broken' where it
 * is cut off, damaged, or no gzip.
 */
export async function* unpackedLines(packed: Readable): Lines {
  const unpacked = createGunzip();
  const download = pipeline(packed, unpacked).catch(() => undefined);
  try {
    return yield* splitLines(unpacked);
  } catch (error) {
    if (isZlibError(error)) return 'broken';
    throw error;
  } finally {
    unpacked.destroy();
    await download;
  }
}

/** One by one. */
export async function* eachLine(lines: Lines): AsyncGenerator<string, 'whole' | 'broken'> {
  try {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) return value;
      yield* value;
    }
  } finally {
    // Who takes no more lets go of what is being read.
    await lines.return('broken');
  }
}

/** zlib's errors have codes such as Z_BUF_ERROR (cut off) and Z_DATA_ERROR (no gzip, or damaged). */
function isZlibError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('Z_')
  );
}
