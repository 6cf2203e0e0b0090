import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { linesOf, readLines } from '../../adapters/s3/lake-reader.ts';

// Far more than what is unpacked at once.
const lines = Array.from({ length: 20_000 }, (_, index) => `{"messageId":"${index * 7_919}"}`);
const whole = gzipSync(lines.join('\n'));
const client = new S3Client({ region: 'eu-west-1' });
const lake = { client, bucket: 'lake' };

afterEach(() => vi.restoreAllMocks());

/** A download that ends after these bytes: by itself, or with an error. */
function answerWith(bytes: Buffer, error?: Error): void {
  async function* body() {
    for (let start = 0; start < bytes.length; start += 1_000) {
      yield bytes.subarray(start, start + 1_000);
    }
    if (error !== undefined) throw error;
  }
  vi.spyOn(client, 'send').mockImplementation(async () => ({ Body: Readable.from(body()) }));
}

async function linesRead(): Promise<{ count: number; end: string }> {
  const reading = linesOf(lake, 'raw/a.gz');
  let count = 0;
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { count, end: value };
    count += 1;
  }
}

describe('a raw file', () => {
  it('is read whole', async () => {
    answerWith(whole);
    expect(await linesRead()).toEqual({ count: lines.length, end: 'whole' });
  });

  it('that is cut off is broken', async () => {
    answerWith(whole.subarray(0, whole.length / 2));
    const { count, end } = await linesRead();
    expect(end).toBe('broken');
    expect(count).toBeLessThan(lines.length);
  });

  it.each([0, 5_000, whole.length])(
    'whose download breaks off after %i bytes is neither: it is to be read again',
    async (length) => {
      const reset = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
      answerWith(whole.subarray(0, length), reset);
      await expect(linesRead()).rejects.toThrow('aborted');
      answerWith(whole.subarray(0, length), reset);
      await expect(readLines(lake, 'raw/a.gz', () => {})).rejects.toThrow('aborted');
    },
  );
});
