import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import * as z from 'zod';
import { atMost, printChecks, shown } from './check.ts';

/**
 * Reads a generated file of order lines through the splitting step of an import, in a process of its
 * own with a bounded heap: `npm run bench:files [-- --megabytes 5000 --packing zstd --json]`.
 */
const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1000' },
    packing: { type: 'string', default: 'plain' },
    json: { type: 'boolean', default: false },
  },
});

/** A file of any size is to be read in this much memory. */
const MEMORY_MB_MAX = 512;
/** The heap's part of it; the rest is for buffers and Node itself. */
const HEAP_MB_MAX = 256;

const figures = z.object({
  rows: z.number(),
  rowsPerSecond: z.number(),
  megabytesPerSecond: z.number(),
  chunks: z.number(),
  peakMemoryMegabytes: z.number(),
});

const { stdout } = await promisify(execFile)(process.execPath, [
  `--max-old-space-size=${HEAP_MB_MAX}`,
  join(import.meta.dirname, 'files', 'split-generated.ts'),
  values.megabytes,
  values.packing,
]);
const read = figures.parse(JSON.parse(stdout));
const name = `${values.megabytes} MB of ${values.packing} CSV`;
printChecks([
  shown(`${name}: rows`, read.rows, ''),
  shown(`${name}: rows a second`, read.rowsPerSecond, '/s'),
  shown(`${name}: unpacked megabytes a second`, read.megabytesPerSecond, 'MB/s'),
  shown(`${name}: chunks`, read.chunks, ''),
  atMost(`${name}: peak resident memory`, read.peakMemoryMegabytes, 'MB', MEMORY_MB_MAX),
]);
