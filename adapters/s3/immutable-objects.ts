import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ReadOptions } from './object-parts.ts';

/** Objects that are written once and never change. */
export interface ObjectFolder {
  readonly client: S3Client;
  readonly bucket: string;
  /** Ends in `/`. */
  readonly prefix: string;
}

/** The object's bytes, undefined where it does not exist; rejects when S3 itself fails. */
export async function readObject(
  { client, bucket, prefix }: ObjectFolder,
  name: string,
  options: ReadOptions = {},
): Promise<Uint8Array | undefined> {
  try {
    const { range, ...rest } = options;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: `${prefix}${name}`,
      ...(range !== undefined && { Range: range }),
    });
    const answer = await client.send(command, rest);
    return await answer.Body?.transformToByteArray();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Those of the objects that exist, read side by side. */
export async function readObjects(
  folder: ObjectFolder,
  names: readonly string[],
  options: ReadOptions = {},
): Promise<Map<string, Uint8Array>> {
  const contents = await Promise.all(names.map((name) => readObject(folder, name, options)));
  const files = new Map<string, Uint8Array>();
  for (const [index, name] of names.entries()) {
    const bytes = contents[index];
    if (bytes !== undefined) files.set(name, bytes);
  }
  return files;
}

/**
 * Creates objects in the map's order. Nothing is ever overwritten: where one already stands (a retry
 * of the same step, which writes the same bytes) it is left alone; whoever reads checks checksums.
 */
export async function createObjects(
  folder: ObjectFolder,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const [name, bytes] of files) await createObject(folder, name, bytes);
}

async function createObject(
  { client, bucket, prefix }: ObjectFolder,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `${prefix}${name}`,
        Body: bytes,
        IfNoneMatch: '*',
        ContentType: name.endsWith('.json') ? 'application/json' : 'application/octet-stream',
      }),
    );
  } catch (error) {
    if (error instanceof Error && error.name === 'PreconditionFailed') return;
    throw error;
  }
}
