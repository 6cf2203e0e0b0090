import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { sourceId } from '../../core/events/source.ts';
import { DROP_PREFIX } from '../../core/mapping/file-drop.ts';
import { unreadable } from '../import/read-file.ts';
import { UserError } from '../user-error.ts';

/** Up to this size a file goes in one request; S3 takes parts of 5 MB and more, 10,000 of them. */
const PART_BYTES = 16 * 1024 * 1024;

export interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
}

/** A file as it lies there now. */
export interface DroppedFile {
  readonly key: string;
  readonly etag: string;
  readonly droppedAt: string;
}

/**
 * Puts a file below its source. It is there whole or not at all: S3 shows an object once it is complete.
 * @throws UserError for a file that can't be read or a source that can't be.
 */
export async function uploadFile(
  to: Bucket,
  what: { readonly file: string; readonly source: string; readonly name?: string },
  onProgress: (share: number) => void,
): Promise<DroppedFile> {
  if (!sourceId.safeParse(what.source).success) {
    throw new UserError(
      `"${what.source}" is no id of a source.`,
      'It is in lower-case letters, digits and hyphens; see kindred config list source.',
    );
  }
  const key = `${DROP_PREFIX}${what.source}/${what.name ?? basename(what.file)}`;
  try {
    await upload(to, key, what.file, onProgress);
  } catch (error) {
    throw unreadable(what.file, error);
  }
  const head = await to.client.send(new HeadObjectCommand({ Bucket: to.bucket, Key: key }));
  const droppedAt = (head.LastModified ?? new Date(0)).toISOString();
  return { key, etag: head.ETag ?? '', droppedAt };
}

async function upload(
  { client, bucket }: Bucket,
  key: string,
  file: string,
  onProgress: (share: number) => void,
): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const place = { Bucket: bucket, Key: key };
    const part = async (start: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(Math.min(PART_BYTES, size - start));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      return bytes.subarray(0, bytesRead);
    };
    if (size <= PART_BYTES) {
      await client.send(new PutObjectCommand({ ...place, Body: await part(0) }));
      return;
    }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    try {
      const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
      for (let start = 0; start < size; start += PART_BYTES) {
        const PartNumber = Parts.length + 1;
        const Body = await part(start);
        const command = new UploadPartCommand({ ...place, UploadId, PartNumber, Body });
        const { ETag } = await client.send(command);
        Parts.push({ ETag, PartNumber });
        onProgress(Math.min(1, (start + PART_BYTES) / size));
      }
      const complete = { ...place, UploadId, MultipartUpload: { Parts } };
      await client.send(new CompleteMultipartUploadCommand(complete));
    } catch (error) {
      // What is left of it would be paid for until its lifecycle ends it.
      await client.send(new AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => {});
      throw error;
    }
  } finally {
    await handle.close();
  }
}
