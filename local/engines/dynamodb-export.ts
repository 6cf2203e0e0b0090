import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { DynaliteTables } from './dynamodb-dynalite.ts';
import { ServiceError } from './json-service.ts';
import { S3Error } from './s3-error.ts';

/**
 * Exports of a table to S3 in the files of AWS's: `<prefix>/AWSDynamoDB/<export>/manifest-summary.json`,
 * `manifest-files.json`, a `.md5` of both, and `data/….json.gz` with an item a line. An export is done when its
 * request is answered; it still says IN_PROGRESS in that answer, as AWS's does.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
export type PutExported = (bucket: string, key: string, body: Buffer) => Promise<void>;

export const exportRequest = z.strictObject({
  TableArn: z.string(),
  S3Bucket: z.string(),
  S3Prefix: z.string().optional(),
  ExportFormat: z.literal('DYNAMODB_JSON').optional(),
  ExportType: z.literal('FULL_EXPORT').optional(),
  ClientToken: z.string().optional(),
});
export type ExportRequest = z.infer<typeof exportRequest>;

export const describeExportRequest = z.strictObject({ ExportArn: z.string() });

/** More than one file, so that a reader that takes only the first shows. */
const ITEMS_PER_FILE = 1_000;
const PAGE_ITEMS_MAX = 500;

export class Exports {
  readonly #exports = new Map<string, Record<string, unknown>>();
  readonly #put: PutExported | undefined;

  constructor(put: PutExported | undefined) {
    this.#put = put;
  }

  describe(arn: string): Record<string, unknown> {
    const found = this.#exports.get(arn);
    if (found === undefined) throw new ServiceError('ExportNotFoundException', 'Export not found');
    return { ExportDescription: found };
  }

  /** Whoever calls sees to it that nobody writes meanwhile. */
  async start(
    tables: DynaliteTables,
    request: ExportRequest,
    nowMs: number,
  ): Promise<Record<string, unknown>> {
    if (this.#put === undefined) {
      throw new ServiceError('ValidationException', 'This local DynamoDB has no S3 to export to.');
    }
    const table = tableOf(request.TableArn);
    const id = `${String(nowMs).padStart(14, '0')}-${randomBytes(4).toString('hex')}`;
    const arn = `${request.TableArn}/export/${id}`;
    const description = {
      ExportArn: arn,
      ExportStatus: 'IN_PROGRESS',
      StartTime: nowMs / 1000,
      ExportTime: nowMs / 1000,
      TableArn: request.TableArn,
      S3Bucket: request.S3Bucket,
      ...(request.S3Prefix === undefined ? {} : { S3Prefix: request.S3Prefix }),
      ExportFormat: 'DYNAMODB_JSON',
      ExportType: 'FULL_EXPORT',
      S3SseAlgorithm: 'AES256',
    };
    try {
      const written = await this.#write(tables, table, request, { id, arn, nowMs });
      this.#exports.set(arn, { ...description, ...written, ExportStatus: 'COMPLETED' });
    } catch (error) {
      const isMissing = error instanceof S3Error && error.code === 'NoSuchBucket';
      if (!isMissing) throw error;
      const failure = { FailureCode: 'S3NoSuchBucket', FailureMessage: 'no such bucket' };
      this.#exports.set(arn, { ...description, ...failure, ExportStatus: 'FAILED' });
    }
    return { ExportDescription: description };
  }

  async #write(
    tables: DynaliteTables,
    table: string,
    { TableArn, S3Bucket, S3Prefix }: ExportRequest,
    { id, arn, nowMs }: { readonly id: string; readonly arn: string; readonly nowMs: number },
  ) {
    const folder = `${S3Prefix === undefined ? '' : `${S3Prefix}/`}AWSDynamoDB/${id}/`;
    const put = async (name: string, body: Buffer) => this.#put?.(S3Bucket, folder + name, body);
    const files: string[] = [];
    let itemCount = 0;
    for await (const items of filesOf(tables, table)) {
      const body = gzipSync(items.map((item) => `${JSON.stringify({ Item: item })}\n`).join(''));
      const name = `data/${randomBytes(13).toString('hex')}.json.gz`;
      await put(name, body);
      itemCount += items.length;
      const md5 = createHash('md5').update(body);
      files.push(
        JSON.stringify({
          itemCount: items.length,
          md5Checksum: md5.copy().digest('base64'),
          etag: `${md5.digest('hex')}-1`,
          dataFileS3Key: folder + name,
        }),
      );
    }
    const time = new Date(nowMs).toISOString();
    const summary = JSON.stringify({
      version: '2020-06-30',
      exportArn: arn,
      startTime: time,
      endTime: time,
      tableArn: TableArn,
      tableId: '00000000-0000-0000-0000-000000000000',
      exportTime: time,
      s3Bucket: S3Bucket,
      s3Prefix: S3Prefix ?? null,
      s3SseAlgorithm: 'AES256',
      s3SseKmsKeyId: null,
      manifestFilesS3Key: `${folder}manifest-files.json`,
      billedSizeBytes: 0,
      itemCount,
      outputFormat: 'DYNAMODB_JSON',
      exportType: 'FULL_EXPORT',
    });
    const list = files.map((line) => `${line}\n`).join('');
    await put('manifest-files.json', Buffer.from(list));
    await put('manifest-files.md5', md5Of(list));
    await put('manifest-summary.json', Buffer.from(summary));
    await put('manifest-summary.md5', md5Of(summary));
    return {
      EndTime: nowMs / 1000,
      ExportManifest: `${folder}manifest-summary.json`,
      ItemCount: itemCount,
      BilledSizeBytes: 0,
    };
  }
}

function md5Of(text: string): Buffer {
  return Buffer.from(createHash('md5').update(text).digest('base64'));
}

export function tableOf(arn: string): string {
  const [, table] = /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/([^/]+)$/.exec(arn) ?? [];
  if (table !== undefined) return table;
  throw new ServiceError('ValidationException', 'Invalid TableArn');
}

const page = z.object({
  Items: z.array(z.unknown()).default([]),
  LastEvaluatedKey: z.unknown().optional(),
});

async function* filesOf(tables: DynaliteTables, table: string): AsyncGenerator<unknown[]> {
  let items: unknown[] = [];
  let from: unknown;
  do {
    const more = from === undefined ? {} : { ExclusiveStartKey: from };
    const scan = { TableName: table, Limit: PAGE_ITEMS_MAX, ...more };
    const { Items, LastEvaluatedKey } = page.parse(await tables.do('Scan', scan));
    items.push(...Items);
    from = LastEvaluatedKey;
    if (items.length >= ITEMS_PER_FILE) {
      yield items;
      items = [];
    }
  } while (from !== undefined);
  if (items.length > 0) yield items;
}
