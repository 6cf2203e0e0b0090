import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import * as z from 'zod';
import { customerColumns, itemColumns } from '../../core/blocks/exported-rows.ts';
import type { ExportFormat } from '../../core/blocks/recommendation-export.ts';
import type { ColumnData } from '../../core/quality/curated-part.ts';
import { encodePart } from '../files/export-part.ts';
import type { ExportStore } from './export-store.ts';
import { replaceText } from './text-objects.ts';

const cell = z.union([z.string(), z.number(), z.date(), z.null(), z.undefined()]);
const exportedRecord = z.record(z.string(), cell);
export type ExportedRecord = z.infer<typeof exportedRecord>;

/** A file of an export in memory. */
export interface ExportedPart {
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly rows: readonly ExportedRecord[];
  /** The file's bytes with these of its rows alone. */
  without(isLeft: (row: ExportedRecord) => boolean): Uint8Array;
}

const types = new Map([...customerColumns, ...itemColumns].map(({ name, type }) => [name, type]));

/** A file's form by its name; undefined for what is no part of an export. */
export function exportedFormat(key: string): ExportFormat | undefined {
  if (key.endsWith('.jsonl.gz')) return 'jsonl';
  if (key.endsWith('.csv.gz')) return 'csv';
  return key.endsWith('.parquet') ? 'parquet' : undefined;
}

/** The file of that key, undefined where there is none. */
export async function readExportedPart(
  { client, bucket }: ExportStore,
  key: string,
): Promise<ExportedPart | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const bytes = new Uint8Array((await answer.Body?.transformToByteArray()) ?? []);
    const etag = answer.ETag ?? '';
    return exportedFormat(key) === 'parquet'
      ? await parquetPart(bytes, etag)
      : textPart(bytes, etag, exportedFormat(key) === 'csv');
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/**
 * Writes a part anew over that version alone.
 * @throws ObjectChangedError when somebody else has written it meanwhile.
 */
export function replaceExportedPart(
  store: ExportStore,
  key: string,
  { etag }: ExportedPart,
  bytes: Uint8Array,
): Promise<void> {
  return replaceText(store, key, { etag, contentType: 'application/octet-stream' }, bytes);
}

function textPart(bytes: Uint8Array, etag: string, isCsv: boolean): ExportedPart {
  const lines = gunzipSync(bytes).toString().split('\n').slice(0, -1);
  const [header, ...csvLines] = isCsv ? lines : ['', ...lines];
  const records: unknown[] = isCsv
    ? parse(lines.join('\n'), { columns: true })
    : csvLines.map((line): unknown => JSON.parse(line));
  const rows = records.map((record) => exportedRecord.parse(record));
  return {
    etag,
    bytes,
    rows,
    without: (isLeft) => {
      const left = csvLines.filter((_, index) => isLeft(rows[index] ?? {}));
      const text = isCsv ? [header, ...left] : left;
      return gzipSync(text.map((line) => `${line}\n`).join(''));
    },
  };
}

async function parquetPart(bytes: Uint8Array, etag: string): Promise<ExportedPart> {
  const file = new Uint8Array(bytes).buffer;
  const rows = z.array(exportedRecord).parse(await parquetReadObjects({ file, compressors }));
  return {
    etag,
    bytes,
    rows,
    without: (isLeft) => {
      const left = rows.filter(isLeft);
      const columns = parquetMetadata(file)
        .schema.slice(1)
        .map(({ name }): ColumnData => {
          const type = types.get(name);
          if (type === undefined) throw new Error(`an export has a column ${name} that is unknown`);
          return { name, type, data: left.map((row) => row[name] ?? undefined) };
        });
      return encodePart('parquet', columns);
    },
  };
}
