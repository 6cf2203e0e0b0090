import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SourceRefusedError, SourceUnavailableError } from '../../adapters/sources/connector.ts';
import { guardedHttp } from '../../adapters/sources/guarded-http.ts';

let server: Server | undefined;
const waitsMs: number[] = [];
const surroundings = {
  random: () => 0,
  nowMs: () => Date.parse('2026-01-01T00:00:00Z'),
  wait: async (delayMs: number) => void waitsMs.push(delayMs),
};

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  waitsMs.length = 0;
});

/** Answers with each listener in turn, with the last one for ever. */
async function serve(...listeners: RequestListener[]): Promise<string> {
  let count = 0;
  server = createServer((request, response) => {
    listeners[Math.min(count, listeners.length - 1)]?.(request, response);
    count += 1;
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function get(url: string, allowPrivateAddresses = true) {
  const http = guardedHttp({ allowPrivateAddresses }, surroundings);
  return http.requestJson({ method: 'GET', url }, new AbortController().signal);
}

const good: RequestListener = (_request, response) => response.end('{"ok":true}');
function status(code: number, headers = {}): RequestListener {
  return (_request, response) => response.writeHead(code, headers).end('{}');
}

describe('HTTP to sources', () => {
  it.each([
    ['408', status(408)],
    ['429', status(429)],
    ['500', status(500)],
    ['truncated JSON', (_request, response) => response.end('{"ok":')],
    ['a broken connection', (request) => request.socket.destroy()],
  ] satisfies [string, RequestListener][])('asks again after %s', async (_name, bad) => {
    expect((await get(await serve(bad, good))).body).toEqual({ ok: true });
    expect(waitsMs).toHaveLength(1);
  });

  it.each([
    ['7', 7_000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
    ['Fri, 01 Jan 2038 00:00:00 GMT', 60_000],
    ['Wed, 01 Jan 2020 00:00:00 GMT', 0],
    ['soon', 0],
  ])('waits as Retry-After %s asks, within its bound', async (retryAfter, delayMs) => {
    await get(await serve(status(429, { 'retry-after': retryAfter }), good));
    expect(waitsMs).toEqual([delayMs]);
  });

  it('gives up after its attempts', async () => {
    await expect(get(await serve(status(503)))).rejects.toThrow(SourceUnavailableError);
    expect(waitsMs).toHaveLength(5);
  });

  it('takes any other 4xx as a no', async () => {
    await expect(get(await serve(status(401), good))).rejects.toThrow(SourceRefusedError);
  });

  it('gives a status back that the request reads itself, at once', async () => {
    const url = await serve(status(429), good);
    const http = guardedHttp({ allowPrivateAddresses: true }, surroundings);
    const wanted = { method: 'GET', url, readStatuses: [403, 429] } as const;
    const answer = await http.requestJson(wanted, new AbortController().signal);
    expect([answer.status, answer.body, waitsMs]).toEqual([429, {}, []]);
  });

  it('follows a redirect on the same host, to no other', async () => {
    expect((await get(await serve(status(302, { location: '/b' }), good))).status).toBe(200);
    const elsewhere = await serve(status(302, { location: 'http://localhost:1/' }), good);
    await expect(get(elsewhere)).rejects.toThrow(/another host/);
  });

  it('asks no private address without leave, be it named or written out', async () => {
    await expect(get('https://localhost:1/', false)).rejects.toThrow(/not public/);
    await expect(get('https://127.0.0.1:1/', false)).rejects.toThrow(/not public/);
  });
});
