import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** An error with S3's status and code. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface ObjectSummary {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface StoredObject extends ObjectSummary {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Listing {
  readonly objects: readonly ObjectSummary[];
  readonly prefixes: readonly string[];
  readonly nextToken: string | undefined;
}

export interface WriteConditions {
  readonly ifNoneMatch?: string | undefined;
  readonly ifMatch?: string | undefined;
}

const PAGE_KEYS_MAX = 1000;
const KEY_BYTES_MAX = 1024;
/** Headers that S3 keeps with an object and gives back. */
const KEPT_HEADERS = ['content-type', 'content-encoding', 'cache-control', 'content-disposition', 'content-language'];

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

/**
 * Objects as files: a bucket is a folder, an object a data file under a name that is the hash of its
 * key, with its metadata in memory and beside it. A write is a rename, so no reader sees half of it.
 */
export class ObjectStore {
  readonly #directory: string;
  readonly #index = new Map<string, Map<string, ObjectSummary & { headers: Record<string, string> }>>();
  readonly #uploads = new Map<string, Upload>();
  readonly #writing = new Map<string, Promise<unknown>>();
  #sequence = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async buckets(): Promise<string[]> {
    return [...this.#index.keys()].toSorted();
  }

  async createBucket(name: string): Promise<void> {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u.test(name)) {
      throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.');
    }
    await mkdir(join(this.#directory, name), { recursive: true });
    if (!this.#index.has(name)) this.#index.set(name, await this.#loadIndex(name));
  }

  async deleteBucket(name: string): Promise<void> {
    if (this.requireBucket(name).size > 0) {
      throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
    }
    this.#index.delete(name);
    await rmdir(join(this.#directory, name));
  }

  requireBucket(name: string) {
    const bucket = this.#index.get(name);
    if (bucket === undefined) {
      throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    }
    return bucket;
  }

  async put(
    bucketName: string,
    key: string,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    conditions: WriteConditions,
  ): Promise<ObjectSummary> {
    const bucket = this.requireBucket(bucketName);
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) {
      throw new S3Error(400, 'KeyTooLongError', 'Your key is too long');
    }
    return this.#inTurn(`${bucketName}/${key}`, async () => {
      checkConditions(bucket.get(key), conditions);
      const kept = keptHeaders(headers);
      const etag = `"${createHash('md5').update(body).digest('hex')}"`;
      const summary = { key, size: body.length, etag, modifiedAt: new Date(), headers: kept };
      await this.#writeWhole(this.#file(bucketName, key), body);
      await this.#writeWhole(`${this.#file(bucketName, key)}.json`, JSON.stringify(summary));
      bucket.set(key, summary);
      return summary;
    });
  }

  async get(bucketName: string, key: string): Promise<StoredObject> {
    const found = this.requireBucket(bucketName).get(key);
    if (found === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
    return { ...found, body: await readFile(this.#file(bucketName, key)) };
  }

  async delete(bucketName: string, key: string): Promise<void> {
    const bucket = this.requireBucket(bucketName);
    await this.#inTurn(`${bucketName}/${key}`, async () => {
      if (!bucket.delete(key)) return;
      await rm(`${this.#file(bucketName, key)}.json`, { force: true });
      await rm(this.#file(bucketName, key), { force: true });
    });
  }

  /** Keys in byte order, with the common prefixes that a delimiter makes. */
  async list(bucketName: string, query: URLSearchParams): Promise<Listing> {
    const bucket = this.requireBucket(bucketName);
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const limit = Math.min(Number(query.get('max-keys') ?? PAGE_KEYS_MAX), PAGE_KEYS_MAX);
    const objects: ObjectSummary[] = [];
    const prefixes = new Set<string>();
    let last = '';
    for (const key of [...bucket.keys()].toSorted(byBytes)) {
      if (!key.startsWith(prefix) || (after !== '' && byBytes(key, after) <= 0)) continue;
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
      if (common !== undefined && (prefixes.has(common) || after.startsWith(common))) {
        last = key;
        continue;
      }
      if (objects.length + prefixes.size >= limit) {
        return { objects, prefixes: [...prefixes], nextToken: last };
      }
      last = key;
      const found = bucket.get(key);
      if (common !== undefined) prefixes.add(common);
      else if (found !== undefined) objects.push(found);
    }
    return { objects, prefixes: [...prefixes], nextToken: undefined };
  }

  async createUpload(bucket: string, key: string, headers: Readonly<Record<string, string>>): Promise<string> {
    this.requireBucket(bucket);
    const id = randomUUID();
    this.#uploads.set(id, { bucket, key, headers, parts: new Map() });
    return id;
  }

  async putPart(uploadId: string, partNumber: number, body: Buffer): Promise<string> {
    this.#upload(uploadId).parts.set(partNumber, body);
    return `"${createHash('md5').update(body).digest('hex')}"`;
  }

  async completeUpload(uploadId: string, conditions: WriteConditions): Promise<ObjectSummary> {
    const upload = this.#upload(uploadId);
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, body]) => body);
    const object = await this.put(upload.bucket, upload.key, Buffer.concat(parts), upload.headers, conditions);
    this.#uploads.delete(uploadId);
    return object;
  }

  async abortUpload(uploadId: string): Promise<void> {
    this.#upload(uploadId);
    this.#uploads.delete(uploadId);
  }

  #upload(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload === undefined) {
      throw new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
    }
    return upload;
  }

  /** A name that no key can turn into a path outside the bucket. */
  #file(bucket: string, key: string): string {
    return join(this.#directory, bucket, createHash('sha256').update(key).digest('hex'));
  }

  async #writeWhole(file: string, content: Buffer | string): Promise<void> {
    this.#sequence += 1;
    const temporary = `${file}.${this.#sequence}.tmp`;
    try {
      await writeFile(temporary, content);
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      if (isNoSpace(error)) {
        throw new S3Error(507, 'InsufficientStorage', `No space is left under ${this.#directory}.`);
      }
      throw error;
    }
  }

  async #loadIndex(bucket: string) {
    const index = new Map<string, ObjectSummary & { headers: Record<string, string> }>();
    const folder = join(this.#directory, bucket);
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue;
      const summary = storedSummary.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
      await stat(join(folder, name.slice(0, -'.json'.length)));
      index.set(summary.key, summary);
    }
    return index;
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

const storedSummary = z.object({
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  modifiedAt: z.coerce.date(),
  headers: z.record(z.string(), z.string()),
});

function checkConditions(existing: ObjectSummary | undefined, conditions: WriteConditions): void {
  const failed = new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  if (conditions.ifNoneMatch === '*' && existing !== undefined) throw failed;
  if (conditions.ifMatch === undefined) return;
  if (existing === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  if (conditions.ifMatch !== existing.etag) throw failed;
}

function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-')),
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
