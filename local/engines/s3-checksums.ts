import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { notImplemented, S3Error } from './s3-error.ts';

type Headers = Readonly<Record<string, string>>;

/** A checksum that grows with the bytes. */
interface Running {
  update(bytes: Buffer): void;
  base64(): string;
}

const CHECKSUMS: Readonly<Record<string, () => Running>> = {
  'x-amz-checksum-crc32': runningCrc32,
  'x-amz-checksum-sha256': () => runningHash('sha256'),
  'x-amz-checksum-sha1': () => runningHash('sha1'),
  'content-md5': () => runningHash('md5'),
};
/** Headers of the family that are no checksums themselves. */
const ABOUT_CHECKSUMS = ['x-amz-checksum-mode', 'x-amz-checksum-algorithm', 'x-amz-checksum-type'];

/** What a body turned out to be. */
export interface BodyFacts {
  readonly size: number;
  readonly etag: string;
  /** The checksums that the client sent and that held, by header. */
  readonly checksums: Headers;
}

/**
 * Follows a body as it comes and compares it with what its client says of it, in headers or trailers.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export class BodyCheck {
  readonly #headers: Headers;
  readonly #running = new Map<string, Running>();
  readonly #md5 = createHash('md5');
  /** The SDK signs the body's own hash, where it isn't sent in chunks. */
  readonly #signed: Hash | undefined;
  #size = 0;

  /** @throws S3Error for a checksum that is not built: taking it unverified would be a lie. */
  constructor(headers: Headers) {
    this.#headers = headers;
    const named = [...Object.keys(headers), headers['x-amz-trailer'] ?? ''];
    const unverified = named.find(
      (name) =>
        name.startsWith('x-amz-checksum-') &&
        !Object.hasOwn(CHECKSUMS, name) &&
        !ABOUT_CHECKSUMS.includes(name),
    );
    if (unverified !== undefined) {
      throw notImplemented(`the checksum ${unverified}`);
    }
    for (const [name, start] of Object.entries(CHECKSUMS)) {
      if (named.includes(name)) this.#running.set(name, start());
    }
    const isHash = /^[0-9a-f]{64}$/u.test(headers['x-amz-content-sha256'] ?? '');
    this.#signed = isHash ? createHash('sha256') : undefined;
  }

  update(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#md5.update(bytes);
    this.#signed?.update(bytes);
    for (const running of this.#running.values()) running.update(bytes);
  }

  /** @throws S3Error when the bytes are not those that the client sent. */
  finish(trailers: Headers): BodyFacts {
    const length = this.#headers['x-amz-decoded-content-length'];
    if (length !== undefined && Number(length) !== this.#size) {
      throw new S3Error(400, 'IncompleteBody', `The body has ${this.#size} bytes, not ${length}`);
    }
    if (
      this.#signed !== undefined &&
      this.#signed.digest('hex') !== this.#headers['x-amz-content-sha256']
    ) {
      throw new S3Error(
        400,
        'XAmzContentSHA256Mismatch',
        'x-amz-content-sha256 is not the hash of the body received.',
      );
    }
    const checksums: Record<string, string> = {};
    for (const [name, running] of this.#running) {
      const sent = trailers[name] ?? this.#headers[name];
      if (sent !== running.base64()) {
        throw new S3Error(400, 'BadDigest', `${name} is not that of the body received.`);
      }
      if (name !== 'content-md5') checksums[name] = sent;
    }
    return { size: this.#size, etag: `"${this.#md5.digest('hex')}"`, checksums };
  }
}

function runningHash(algorithm: string): Running {
  const hash = createHash(algorithm);
  return { update: (bytes) => hash.update(bytes), base64: () => hash.digest('base64') };
}

function runningCrc32(): Running {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}
