import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_PLACE, readRows } from '../../adapters/files/read-rows.ts';
import type { StoredFile } from '../../adapters/files/stored-file.ts';
import { mappingConfig } from '../../core/mapping/file-drop.ts';
import type { Row } from '../../core/mapping/row.ts';
import type { ImportRun } from '../../lambdas/ingest/import-run.ts';
import { type SplitProgress, splitFile } from '../../lambdas/ingest/split-file.ts';

const mapping = (windowRows: number, duplicateRows: 'keep' | 'drop') =>
  mappingConfig.parse({
    id: 'any',
    format: { type: 'csv' },
    fields: {
      order: { column: 'o', type: 'string' },
      customer: { column: 'c', type: 'string' },
      price: { column: 'p', type: 'number' },
      time: { constant: '2026-01-01' },
    },
    skip: [{ reason: 'no customer', when: [{ field: 'customer', isEmpty: true }] }],
    duplicateRows,
    group: { by: ['order'], windowRows },
    events: [
      {
        when: [{ field: 'price', atLeast: 0 }],
        event: 'Order Completed',
        userId: 'customer',
        timestamp: 'time',
        properties: { order_id: { field: 'order' }, products: { lines: { price: 'price' } } },
      },
    ],
  });

const cell = fc.oneof(
  fc.constantFrom('', '1', '2', '3', '-1', 'x', 'ü'),
  fc.string({ maxLength: 4 }),
);
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 40 });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csvOf = (rows: string[][], lineEnd: string) =>
  [['o', 'c', 'p'], ...rows].map((row) => row.map(quoted).join(',') + lineEnd).join('');

/** A file in memory that comes in pieces of that size. */
function fileOf(bytes: Buffer, pieceBytes: number): StoredFile {
  return {
    name: 'any.csv',
    bytes: bytes.length,
    async read(start, end = bytes.length) {
      const pieces: Buffer[] = [];
      for (let at = start; at < end; at += pieceBytes) {
        pieces.push(bytes.subarray(at, Math.min(end, at + pieceBytes)));
      }
      return Readable.from(pieces);
    },
  };
}

const packings = { plain: (text: Buffer) => text, gzip: gzipSync, zstd: zstdCompressSync };
const packing = fc.constantFrom<keyof typeof packings>('plain', 'gzip', 'zstd');

const newRun: ImportRun = {
  kind: 'import',
  runId: 'run',
  bucket: 'drop',
  key: 'drop/shop/any.csv',
  etag: '',
  bytes: 0,
  droppedAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.000Z',
  source: { sourceId: 'shop', priority: 100, schemaMode: 'lenient' },
  mappingId: 'any',
  mappingVersion: '',
  isSplit: false,
  counts: { rows: 0, accepted: 0, duplicate: 0, quarantined: {}, skipped: {} },
  duplicateEvents: 0,
  chunkCount: 0,
  chunkRows: 0,
  rejectsCount: 0,
  isLedgerWhole: true,
};

/** Splits a file; the time of every step is up after its first batch. */
async function split(file: StoredFile, document: ReturnType<typeof mapping>, taken = '') {
  const calls: { rows: number; call: unknown }[] = [];
  let run = newRun;
  let progress: SplitProgress | undefined;
  while (!run.isSplit) {
    const ports = {
      file,
      mapping: document,
      taken: { has: (id: string) => taken !== '' && id.endsWith(taken) },
      // Over JSON, as between two steps.
      progress: progress === undefined ? undefined : JSON.parse(JSON.stringify(progress)),
      put: async (key: string, body: string) => {
        if (!key.includes('/chunks/')) return;
        for (const line of body.trim().split('\n')) calls.push(JSON.parse(line));
      },
      nowMs: () => 1,
    };
    const step = await splitFile(run, ports, 0);
    ({ run, progress } = { run: step.run, progress: step.progress });
  }
  return { run, calls };
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, rows) => total + rows, 0);

describe('whatever a file holds', () => {
  it('each of its rows has exactly one outcome', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom<'keep' | 'drop'>('keep', 'drop'),
        fc.constantFrom('', 'A', 'w'),
        async (rows, windowRows, duplicateRows, taken) => {
          const file = fileOf(Buffer.from(csvOf(rows, '\n')), 100);
          const { run, calls } = await split(file, mapping(windowRows, duplicateRows), taken);
          const { counts, chunkRows } = run;
          expect(counts.rows).toBe(rows.length);
          expect(chunkRows + counts.duplicate + sum(counts.quarantined) + sum(counts.skipped)).toBe(
            rows.length,
          );
          expect(calls.reduce((total, line) => total + line.rows, 0)).toBe(chunkRows);
        },
      ),
    );
  });

  it('its rows are the same in pieces of any size, packed or not, and from any place on', async () => {
    const document = mapping(0, 'keep');
    const collect = async (file: StoredFile, place = FIRST_PLACE) => {
      const rows: Row[] = [];
      const places = [place];
      for await (const batch of readRows(file, document, place)) {
        rows.push(...batch.rows);
        places.push(batch.next);
      }
      return { rows, places };
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 501, maxLength: 1_200 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.integer({ min: 1, max: 3_000 }),
        packing,
        async (rows, lineEnd, pieceBytes, packed) => {
          const bytes = Buffer.from(csvOf(rows, lineEnd));
          const whole = await collect(fileOf(bytes, bytes.length));
          const file = fileOf(packings[packed](bytes), pieceBytes);
          expect((await collect(file)).rows).toEqual(whole.rows);
          for (const place of whole.places.slice(1)) {
            expect((await collect(file, place)).rows).toEqual(whole.rows.slice(place.rows));
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
