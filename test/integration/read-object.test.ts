import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readInParts } from '../../adapters/s3/object-parts.ts';
import { createPutObject } from '../../adapters/s3/put-object.ts';
import { createReadObject } from '../../adapters/s3/read-object.ts';
import { WRITE_KEY } from '../support/collector.ts';
import { type CollectorServices, startCollectorServices } from '../support/collector-services.ts';

const KEY = 'models/2026-11-23T02:00:00Z-3f9a/a+b (1).bin';
const TEXT = '{"name":"Zoë"}';
let services: CollectorServices;
let requestCount = 0;

beforeAll(async () => {
  services = await startCollectorServices(WRITE_KEY);
  for (const [name, value] of Object.entries(services.variables)) vi.stubEnv(name, value);
  await createPutObject('quarantine')(KEY, TEXT, Date.now() + 5_000);
});
beforeEach(() => {
  services.faults.liftAll();
  requestCount = 0;
  services.observe('s3', () => {
    requestCount += 1;
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await services.stop();
});

const read = createReadObject('quarantine');
const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe('reading an object', () => {
  it('gives the bytes under exactly its key', async () => {
    expect(textOf(await read(KEY))).toBe(TEXT);
  });

  it('gives only the bytes of a range', async () => {
    expect(textOf(await read(KEY, { range: 'bytes=2-5' }))).toBe('name');
  });

  it('gives nothing, and asks once, where there is no such object', async () => {
    expect(await read('no-such-object')).toBeUndefined();
    expect(requestCount).toBe(1);
  });

  it('rejects, and asks once, where there is no such bucket', async () => {
    await expect(createReadObject('no-such-bucket')(KEY)).rejects.toThrow('could not be read');
    expect(requestCount).toBe(1);
  });

  it.each(['error', 'throttle', 'refuse'] as const)('waits out one %s', async (kind) => {
    services.faults.inject({ service: 's3', action: { kind }, times: 1 });
    expect(textOf(await read(KEY))).toBe(TEXT);
  });

  it('gives up after a few attempts', async () => {
    services.faults.inject({ service: 's3', action: { kind: 'error' } });
    await expect(read(KEY)).rejects.toThrow('could not be read');
    expect(requestCount).toBe(3);
  });

  it('ends at once, and is not begun again, when it is told to', async () => {
    services.faults.inject({ service: 's3', action: { kind: 'hang' } });
    const controller = new AbortController();
    const reading = read(KEY, { abortSignal: controller.signal });
    await vi.waitFor(() => expect(requestCount).toBe(1));
    controller.abort();
    await expect(reading).rejects.toThrow('could not be read');
    expect(requestCount).toBe(1);
  });

  it('reads again what broke off in the middle', async () => {
    let attempts = 0;
    const server = createServer((_request, response) => {
      attempts += 1;
      response.writeHead(200, { 'content-length': 4 });
      if (attempts > 1) response.end('full');
      else response.write('fu', () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${port}`);
    const bytes = await read(KEY);
    server.close();
    vi.stubEnv('AWS_ENDPOINT_URL_S3', services.variables.AWS_ENDPOINT_URL_S3);
    expect(textOf(bytes)).toBe('full');
  });
});

describe('reading an object in parts', () => {
  const MEGABYTE = 1024 ** 2;

  it('asks for ranges that follow on one another and joins what it gets', async () => {
    const whole = Buffer.from(Uint8Array.from({ length: 9 * MEGABYTE }, (_, at) => at % 251));
    const ranges: string[] = [];
    const bytes = await readInParts(
      async (_key, { range = '' } = {}) => {
        ranges.push(range);
        const [from = 0, to = 0] = range.slice('bytes='.length).split('-').map(Number);
        return whole.subarray(from, to + 1);
      },
      'model.bin',
      whole.length,
    );
    expect(ranges).toEqual(['bytes=0-4194303', 'bytes=4194304-8388607', 'bytes=8388608-9437183']);
    expect(Buffer.compare(Buffer.from(bytes ?? []), whole)).toBe(0);
  });

  it('gives nothing where a part is missing', async () => {
    const read = async (_key: string, { range = '' } = {}) =>
      range.startsWith('bytes=0-') ? Buffer.from('a') : undefined;
    expect(await readInParts(read, 'model.bin', 9 * MEGABYTE)).toBeUndefined();
  });
});
