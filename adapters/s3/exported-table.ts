import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { readObject } from './immutable-objects.ts';
import type { Lake } from './lake-reader.ts';

/**
 * What DynamoDB's export to S3 leaves: a summary, a list of files and the files, gzip with an item a line.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
 */
const summary = z.object({
  manifestFilesS3Key: z.string(),
  s3Prefix: z.string().nullish(),
  itemCount: z.int().nonnegative(),
});
const listedFile = z.object({
  itemCount: z.int().nonnegative(),
  md5Checksum: z.string(),
  dataFileS3Key: z.string(),
});

export interface DownloadedExport {
  readonly paths: readonly string[];
  readonly itemCount: number;
  /** Packed. */
  readonly bytes: number;
}

/** An export whose files are not what its manifests say. */
export class ExportDamaged extends Error {
  override readonly name = 'ExportDamaged';
}

const DELETED_MAX = 1000;

/**
 * Copies an export's files into a folder, each held against its checksum.
 * @throws ExportDamaged for a file that is missing or another one.
 */
export async function downloadExport(
  lake: Lake,
  manifestKey: string,
  folder: string,
): Promise<DownloadedExport> {
  const { manifestFilesS3Key, s3Prefix, itemCount } = summary.parse(
    JSON.parse((await bytesOf(lake, manifestKey)).toString('utf8')),
  );
  // AWS's documentation shows keys without the prefix, its exports have them with it.
  const whole = (key: string) =>
    s3Prefix && !key.startsWith(`${s3Prefix}/`) ? `${s3Prefix}/${key}` : key;
  const list = (await bytesOf(lake, whole(manifestFilesS3Key))).toString('utf8');
  const paths: string[] = [];
  let bytes = 0;
  for (const line of list.split('\n')) {
    if (line.trim() === '') continue;
    const file = listedFile.parse(JSON.parse(line));
    if (file.itemCount === 0) continue;
    const packed = await bytesOf(lake, whole(file.dataFileS3Key));
    if (createHash('md5').update(packed).digest('base64') !== file.md5Checksum) {
      throw new ExportDamaged(`${file.dataFileS3Key} does not match its checksum`);
    }
    const path = join(folder, `exported-${paths.length}.json.gz`);
    await writeFile(path, packed);
    paths.push(path);
    bytes += packed.byteLength;
  }
  return { paths, itemCount, bytes };
}

/** Deletes everything below a prefix: an export holds whole profiles, and is of no use once it was read. */
export async function deleteExports({ client, bucket }: Lake, prefix: string): Promise<void> {
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    const Objects = (page.Contents ?? []).flatMap(({ Key }) =>
      Key === undefined ? [] : [{ Key }],
    );
    for (let from = 0; from < Objects.length; from += DELETED_MAX) {
      const Delete = { Objects: Objects.slice(from, from + DELETED_MAX), Quiet: true };
      await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
    }
  }
}

async function bytesOf({ client, bucket }: Lake, key: string): Promise<Buffer> {
  const bytes = await readObject({ client, bucket, prefix: '' }, key);
  if (bytes === undefined) throw new ExportDamaged(`${key} is not there`);
  return Buffer.from(bytes);
}
