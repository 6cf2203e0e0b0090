import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BodyFacts } from './s3-checksums.ts';
import { S3Error } from './s3-error.ts';
import { writeData } from './s3-files.ts';
import type { Body, ObjectStore, StoredObject, WriteConditions } from './s3-store.ts';

/** Every part but the last has this size at least: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART_BYTES_MIN = 5 * 1024 * 1024;
const PART_NUMBER_MAX = 10_000;

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Part>;
}

interface Part {
  readonly file: string;
  readonly size: number;
  readonly etag: string;
}

/** A part as the client lists it when it completes an upload. */
export interface ListedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** Where an upload is: its id belongs to one key. */
export interface UploadPlace {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

/** Multipart uploads: parts are files until they are put together; uploads don't outlive the process. */
export class Uploads {
  readonly #store: ObjectStore;
  readonly #uploads = new Map<string, Upload>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  create(bucket: string, key: string, headers: Readonly<Record<string, string>>): string {
    this.#store.bucket(bucket);
    const id = randomUUID();
    this.#uploads.set(id, { bucket, key, headers, parts: new Map() });
    return id;
  }

  async putPart(place: UploadPlace, partNumber: number, body: Body): Promise<BodyFacts> {
    const { parts, bucket } = this.#find(place);
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > PART_NUMBER_MAX) {
      throw new S3Error(400, 'InvalidArgument', `A part's number is from 1 to ${PART_NUMBER_MAX}`);
    }
    const folder = this.#store.folder(bucket);
    const file = await writeData(folder, body.chunks);
    try {
      const facts = body.finish();
      const before = parts.get(partNumber);
      parts.set(partNumber, { file, size: facts.size, etag: facts.etag });
      if (before !== undefined) await rm(join(folder, before.file), { force: true });
      return facts;
    } catch (error) {
      await rm(join(folder, file), { force: true });
      throw error;
    }
  }

  /** Puts the listed parts together, in order. */
  async complete(
    place: UploadPlace,
    listed: readonly ListedPart[],
    conditions: WriteConditions,
  ): Promise<StoredObject> {
    const upload = this.#find(place);
    const parts = checkedParts(upload, listed);
    const folder = this.#store.folder(upload.bucket);
    const body = {
      chunks: bytesOf(parts.map(({ file }) => join(folder, file))),
      finish: () => ({
        size: parts.reduce((sum, { size }) => sum + size, 0),
        etag: etagOfParts(parts),
        checksums: {},
      }),
    };
    const object = await this.#store.put(
      upload.bucket,
      upload.key,
      body,
      upload.headers,
      conditions,
    );
    await this.abort(place);
    return object;
  }

  async abort(place: UploadPlace): Promise<void> {
    const { parts, bucket } = this.#find(place);
    this.#uploads.delete(place.uploadId);
    for (const { file } of parts.values()) {
      await rm(join(this.#store.folder(bucket), file), { force: true });
    }
  }

  #find({ bucket, key, uploadId }: UploadPlace): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload !== undefined && upload.bucket === bucket && upload.key === key) return upload;
    throw new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
  }
}

function checkedParts({ parts }: Upload, listed: readonly ListedPart[]): Part[] {
  if (listed.length === 0) throw new S3Error(400, 'MalformedXML', 'No part is listed');
  const found = listed.map(({ partNumber, etag }, index) => {
    const previous = listed[index - 1];
    if (previous !== undefined && previous.partNumber >= partNumber) {
      throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    const part = parts.get(partNumber);
    if (part === undefined || part.etag.replaceAll('"', '') !== etag.replaceAll('"', '')) {
      throw new S3Error(400, 'InvalidPart', `Part ${partNumber} was not sent, or is another.`);
    }
    return part;
  });
  if (found.slice(0, -1).some(({ size }) => size < PART_BYTES_MIN)) {
    throw new S3Error(
      400,
      'EntityTooSmall',
      `A part but the last is under ${PART_BYTES_MIN} bytes.`,
    );
  }
  return found;
}

async function* bytesOf(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path);
}

/** S3's form: the hash of the parts' hashes, and how many there are. */
function etagOfParts(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${hash.digest('hex')}-${parts.length}"`;
}
