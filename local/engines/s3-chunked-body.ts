import { S3Error } from './s3-error.ts';

/** A chunk's header is its size in hexadecimal and a signature; anything longer is no chunk. */
const LINE_BYTES_MAX = 4_096;
const LINE_END = '\r\n';

/**
 * Undoes aws-chunked framing as the bytes come: `<size in hex>[;signature]\r\n<bytes>\r\n`, ended by a
 * chunk of size 0 and trailers, which are put into `trailers` in lower case.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @throws S3Error `IncompleteBody` when the end is missing, `InvalidRequest` for another framing.
 */
export async function* unchunked(
  source: AsyncIterable<Buffer>,
  trailers: Record<string, string>,
): AsyncGenerator<Buffer> {
  const input = new ByteQueue(source);
  for (;;) {
    const [sizeText = ''] = (await input.line()).split(';');
    if (!/^[0-9a-f]{1,8}$/iu.test(sizeText)) {
      throw new S3Error(400, 'InvalidRequest', 'A chunk of the body has no size');
    }
    const size = Number.parseInt(sizeText, 16);
    if (size === 0) break;
    yield* input.take(size);
    if ((await input.line()) !== '') {
      throw new S3Error(400, 'InvalidRequest', 'A chunk of the body is longer than its size says');
    }
  }
  for (let line = await input.line(); line !== ''; line = await input.line()) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
}

/** Bytes that have come and are not yet taken. */
class ByteQueue {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(LINE_END);
      if (end >= 0) {
        const line = this.#held.toString('latin1', 0, end);
        this.#held = this.#held.subarray(end + LINE_END.length);
        return line;
      }
      if (this.#held.length > LINE_BYTES_MAX) {
        throw new S3Error(400, 'InvalidRequest', 'The body is not in chunks');
      }
      this.#held = Buffer.concat([this.#held, await this.#more()]);
    }
  }

  async *take(size: number): AsyncGenerator<Buffer> {
    let left = size;
    while (left > 0) {
      if (this.#held.length === 0) this.#held = await this.#more();
      const part = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async #more(): Promise<Buffer> {
    const { done, value } = await this.#source.next();
    if (done) throw new S3Error(400, 'IncompleteBody', 'The body ends in the middle of a chunk');
    return value;
  }
}
