import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrazeWorkspace, brazeLiquid } from '../support/esp/connected-content.ts';

let server: Server;
let origin: string;
let requests: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '', headers } = request;
    requests.push({ url, headers });
    if (url === '/flaky' && requests.length < 3) response.writeHead(500).end();
    else if (url === '/down') response.writeHead(500).end('{"a":1}');
    else if (url === '/moved') response.writeHead(302, { location: '/object' }).end();
    else if (url === '/text') response.end('some text');
    else if (url === '/array') response.end('[1,2]');
    else if (url === '/large') response.end(JSON.stringify({ a: 'x'.repeat(1024 * 1024) }));
    else response.writeHead(201).end('{"a":1}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  requests = [];
});

const render = (template: string, workspace?: BrazeWorkspace) =>
  brazeLiquid(workspace).render(template.replaceAll('$', origin), {});

describe('connected_content', () => {
  it.each([
    ['an object with its status', '/object', '[1 201]'],
    ['an array without one', '/array', '[ ]'],
    ['nothing of an answer that is not 2xx', '/down', '[ ]'],
    ['nothing of a redirect', '/moved', '[ ]'],
  ])('saves %s', async (_, path, shown) => {
    const template = `{% connected_content $${path} :save x %}[{{ x.a }} {{ x.__http_status_code__ }}]`;
    expect(await render(template)).toBe(shown);
  });

  it('saves under connected without a name, and puts a text in its place', async () => {
    expect(await render('{% connected_content $/object %}{{ connected.a }}')).toBe('1');
    expect(await render('<p>{% connected_content $/text %}</p>')).toBe('<p>some text</p>');
  });

  it('keeps an answer by its address for five minutes, and failures not at all', async () => {
    let nowMs = 0;
    const liquid = brazeLiquid({ nowMs: () => nowMs });
    const ask = (words: string) => liquid.render(`{% connected_content ${origin}${words} %}`, {});
    const askedBy = async (words: string) => {
      const before = requests.length;
      await ask(words);
      return requests.length - before;
    };
    expect([await askedBy('/object'), await askedBy('/object')]).toEqual([1, 0]);
    expect(await askedBy('/object :no_cache')).toBe(1);
    expect(await askedBy('/object?b')).toBe(1);
    nowMs = 299_999;
    expect(await askedBy('/object?b')).toBe(0);
    nowMs = 300_000;
    expect([await askedBy('/object?b'), await askedBy('/object?b')]).toEqual([1, 0]);
    expect([await askedBy('/down'), await askedBy('/down')]).toEqual([1, 1]);
    expect([await askedBy('/large'), await askedBy('/large')]).toEqual([1, 1]);
  });

  it.each([
    [':cache_max_age 900', 900],
    [':cache_max_age 1', 300],
    [':cache_max_age 999999', 14_400],
  ])('keeps by %s for %i seconds', async (words, keptS) => {
    let nowMs = 0;
    const liquid = brazeLiquid({ nowMs: () => nowMs });
    for (const atMs of [0, keptS * 1000 - 1, keptS * 1000]) {
      nowMs = atMs;
      await liquid.render(`{% connected_content ${origin}/object ${words} %}`, {});
    }
    expect(requests).toHaveLength(2);
  });

  it('tries again up to five times where told to, then aborts the message', async () => {
    expect(await render('{% connected_content $/flaky :retry :save x %}{{ x.a }}')).toBe('1');
    expect(requests).toHaveLength(3);
    requests = [];
    await expect(render('{% connected_content $/down :retry %}')).rejects.toThrow(
      'the message is aborted',
    );
    expect(requests).toHaveLength(5);
  });

  it('sends a named credential and headers', async () => {
    const credentials = { shop: { user: 'key', password: '' } };
    const template =
      '{% connected_content $/object :basic_auth shop :headers {"X-Shop": "a b", "X-Other": "c"} :save x %}';
    await render(template, { credentials });
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('key:').toString('base64')}`,
      'x-shop': 'a b',
      'x-other': 'c',
    });
    await expect(render(template)).rejects.toThrow('no credential shop');
  });

  it('refuses an option that it does not know', async () => {
    await expect(render('{% connected_content $/object :save x :cash 5 %}')).rejects.toThrow(
      ':cash',
    );
  });
});
