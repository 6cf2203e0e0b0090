export interface ReadOptions {
  /** Ends the download, e.g. at a request's deadline; the promise then rejects. */
  readonly abortSignal?: AbortSignal;
  /** Only these bytes, as HTTP writes it (RFC 9110, 14.1.2). */
  readonly range?: string;
}

/** The object's bytes, undefined where it does not exist; rejects when S3 itself fails. */
export type ReadObject = (key: string, options?: ReadOptions) => Promise<Uint8Array | undefined>;

/**
 * An object of a size that is known, in parts that are read side by side: one connection of S3 carries some 80 MB
 * a second, which a function's network can do several times of
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html). Undefined where
 * it does not exist. An object of another size comes as it is: whoever reads checks it.
 */
export async function readInParts(
  read: ReadObject,
  key: string,
  byteCount: number,
  options: ReadOptions = {},
): Promise<Uint8Array | undefined> {
  if (byteCount <= PART_BYTES) return read(key, options);
  const starts = Array.from(
    { length: Math.ceil(byteCount / PART_BYTES) },
    (_, n) => n * PART_BYTES,
  );
  const parts = await Promise.all(
    starts.map((start) => {
      const end = Math.min(start + PART_BYTES, byteCount) - 1;
      return read(key, { ...options, range: `bytes=${start}-${end}` });
    }),
  );
  return parts.includes(undefined) ? undefined : Buffer.concat(parts.flatMap((part) => part ?? []));
}

/** What S3 recommends for ranges: 8 to 16 MB; half of it, as a model is no larger than some ten megabytes. */
const PART_BYTES = 4 * 1024 ** 2;
