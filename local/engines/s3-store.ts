import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { BodyFacts } from './s3-checksums.ts';
import { S3Error } from './s3-error.ts';
import { DATA_ENDING, writeData, writeWhole } from './s3-files.ts';

const storedObject = z.strictObject({
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  modifiedAt: z.coerce.date(),
  /** Headers that came with it and go with it. */
  headers: z.record(z.string(), z.string()),
  /** Checksums that its client sent, by header. */
  checksums: z.record(z.string(), z.string()),
  /** Name of the file of its bytes, in its bucket's folder. */
  file: z.string(),
});

export type StoredObject = Readonly<z.infer<typeof storedObject>>;

/** Bytes, and what is known of them once they have all been read. */
export interface Body {
  readonly chunks: AsyncIterable<Buffer>;
  finish(): BodyFacts;
}

export interface WriteConditions {
  readonly ifNoneMatch?: string | undefined;
  readonly ifMatch?: string | undefined;
}

export type Bucket = ReadonlyMap<string, StoredObject>;

const KEY_BYTES_MAX = 1024;

/**
 * Objects as files: a bucket is a folder; an object is a file of bytes under a random name and one of
 * metadata, named by the hash of its key, that points to it. The metadata's rename is the write: no
 * reader sees half an object, and a crash leaves the old one.
 */
export class ObjectStore {
  readonly #directory: string;
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  buckets(): string[] {
    return [...this.#buckets.keys()].toSorted();
  }

  /** Makes a bucket, or finds one that its folder holds from before. */
  async createBucket(name: string): Promise<void> {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u.test(name)) {
      throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.');
    }
    if (this.#buckets.has(name)) return;
    await mkdir(this.folder(name), { recursive: true });
    const loaded = await loadBucket(this.folder(name));
    if (!this.#buckets.has(name)) this.#buckets.set(name, loaded);
  }

  async deleteBucket(name: string): Promise<void> {
    if (this.bucket(name).size > 0) {
      throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
    }
    this.#buckets.delete(name);
    await rm(this.folder(name), { recursive: true });
  }

  bucket(name: string): Bucket {
    return this.#bucket(name);
  }

  folder(bucket: string): string {
    return join(this.#directory, bucket);
  }

  /** The object's metadata. */
  find(bucketName: string, key: string): StoredObject {
    const found = this.bucket(bucketName).get(key);
    if (found !== undefined) return found;
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  }

  /** The object and its open file, which stays readable when the object is replaced. */
  async open(bucket: string, key: string): Promise<{ object: StoredObject; file: FileHandle }> {
    for (;;) {
      const object = this.find(bucket, key);
      try {
        return { object, file: await open(join(this.folder(bucket), object.file)) };
      } catch (error) {
        // Replaced or deleted between the look and the opening: look again.
        if (this.bucket(bucket).get(key) === object) throw error;
      }
    }
  }

  async put(
    bucketName: string,
    key: string,
    body: Body,
    headers: Readonly<Record<string, string>>,
    conditions: WriteConditions,
  ): Promise<StoredObject> {
    const bucket = this.#bucket(bucketName);
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) {
      throw new S3Error(400, 'KeyTooLongError', 'Your key is too long');
    }
    const folder = this.folder(bucketName);
    const file = await writeData(folder, body.chunks);
    try {
      const { size, etag, checksums } = body.finish();
      return await this.#inTurn(`${bucketName}/${key}`, async () => {
        const before = bucket.get(key);
        checkConditions(before, conditions);
        const object = { key, size, etag, modifiedAt: new Date(), headers, checksums, file };
        await writeWhole(metadataPath(folder, key), JSON.stringify(object));
        bucket.set(key, object);
        if (before !== undefined) await rm(join(folder, before.file), { force: true });
        return object;
      });
    } catch (error) {
      await rm(join(folder, file), { force: true });
      throw error;
    }
  }

  async delete(bucketName: string, key: string, conditions: WriteConditions): Promise<void> {
    const bucket = this.#bucket(bucketName);
    const folder = this.folder(bucketName);
    await this.#inTurn(`${bucketName}/${key}`, async () => {
      const before = bucket.get(key);
      checkConditions(before, conditions);
      if (before === undefined) return;
      bucket.delete(key);
      await rm(metadataPath(folder, key), { force: true });
      await rm(join(folder, before.file), { force: true });
    });
  }

  #bucket(name: string): Map<string, StoredObject> {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) return bucket;
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  }

  /** Writes of one key happen one after the other, so that conditions hold. */
  async #inTurn<T>(place: string, run: () => Promise<T>): Promise<T> {
    const before = this.#writing.get(place) ?? Promise.resolve();
    const current = before.then(run, run);
    this.#writing.set(place, current);
    try {
      return await current;
    } finally {
      if (this.#writing.get(place) === current) this.#writing.delete(place);
    }
  }
}

/** By hash: no key can turn into a path outside the bucket. */
function metadataPath(folder: string, key: string): string {
  return join(folder, `${createHash('sha256').update(key).digest('hex')}.json`);
}

/** Reads a bucket's metadata, and removes bytes that no metadata points to, left by a crash. */
async function loadBucket(folder: string): Promise<Map<string, StoredObject>> {
  const names = await readdir(folder);
  const bucket = new Map<string, StoredObject>();
  for (const name of names.filter((candidate) => candidate.endsWith('.json'))) {
    const text = await readFile(join(folder, name), 'utf8');
    const object = storedObject.parse(JSON.parse(text));
    bucket.set(object.key, object);
  }
  const files = new Set([...bucket.values()].map(({ file }) => file));
  const left = names.filter((name) => name.endsWith('.tmp') || name.endsWith(DATA_ENDING));
  for (const name of left) if (!files.has(name)) await rm(join(folder, name), { force: true });
  return bucket;
}

function checkConditions(existing: StoredObject | undefined, conditions: WriteConditions): void {
  const failed = new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
  );
  if (conditions.ifNoneMatch === '*' && existing !== undefined) throw failed;
  if (conditions.ifMatch === undefined) return;
  if (existing === undefined)
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  if (conditions.ifMatch !== '*' && conditions.ifMatch !== existing.etag) throw failed;
}
