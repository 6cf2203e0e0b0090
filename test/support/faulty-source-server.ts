import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A record of the source: people of a CRM, each with the time of its last change. */
export interface SourceRecord {
  readonly id: string;
  readonly email: string;
  readonly city: string;
  readonly updated_at: string;
}

/** What one request meets instead of its answer; each is used up by the request it happens to. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'huge' }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'body'; readonly body: unknown };

export type Paging = 'none' | 'link' | 'cursor' | 'page' | 'offset';

/** How paging may go wrong: every page is the first one, or each names itself as the next. */
export type Loop = 'same-page' | 'itself';

export interface FaultySource {
  readonly url: string;
  readonly tokenUrl: string;
  /** Everything that was asked, in order. */
  readonly asked: { readonly url: URL; readonly authorization: string | undefined }[];
  records: SourceRecord[];
  paging: Paging;
  /** `Authorization` that is asked for; none where undefined. */
  authorization: string | undefined;
  /** The bearer token that the token endpoint gives now. */
  token: string;
  loop: Loop | undefined;
  /** Faults of the requests to come, first to last; what follows them is answered. */
  readonly faults: Fault[];
  stop(): Promise<void>;
}

const HUGE_BYTES = 17 * 1024 * 1024;
const CLIENT = `Basic ${Buffer.from('client:secret').toString('base64')}`;

/** A CRM over HTTP, as it is on a bad day: `GET /people` in pages, `POST /token`. */
export async function startFaultySource(): Promise<FaultySource> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', source.url);
    source.asked.push({ url, authorization: request.headers.authorization });
    const fault = url.pathname === '/token' ? undefined : source.faults.shift();
    if (fault !== undefined) return misbehave(fault, request, response);
    if (url.pathname === '/token') return giveToken(request, response, source.token);
    const isAllowed =
      source.authorization === undefined || request.headers.authorization === source.authorization;
    if (!isAllowed) return void response.writeHead(401).end('{"error":"anna@shop.example"}');
    answer(url, response, source);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source: FaultySource = {
    url: `${origin}/people`,
    tokenUrl: `${origin}/token`,
    asked: [],
    records: [],
    paging: 'none',
    authorization: undefined,
    token: 'first',
    loop: undefined,
    faults: [],
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return source;
}

function misbehave(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  switch (fault.kind) {
    case 'status': {
      const { status, retryAfter } = fault;
      return void response
        .writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
        .end('{"error":"anna@shop.example"}');
    }
    case 'truncated':
      return void response.end('{"people":[{"id":"1","ema');
    case 'cut':
      response.write('{"people":[');
      return void setImmediate(() => request.socket.destroy());
    case 'not-json':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
    case 'silence':
      return;
    case 'huge':
      return void response.end(`{"people":["${'x'.repeat(HUGE_BYTES)}"]}`);
    case 'redirect':
      return void response.writeHead(307, { location: fault.location }).end();
    case 'body':
      return void response.end(JSON.stringify(fault.body));
  }
}

function giveToken(request: IncomingMessage, response: ServerResponse, token: string): void {
  if (request.headers.authorization !== CLIENT) return void response.writeHead(401).end('{}');
  response.end(JSON.stringify({ access_token: token, token_type: 'bearer', expires_in: 3_600 }));
}

/** A page of what has changed since `since`, in the order of its changes. */
function answer(url: URL, response: ServerResponse, source: FaultySource): void {
  const since = url.searchParams.get('since') ?? '';
  const changed = source.records
    .filter(({ updated_at }) => since === '' || Date.parse(updated_at) >= Date.parse(since))
    .toSorted((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at));
  const size = source.paging === 'none' ? changed.length : Number(url.searchParams.get('size'));
  const at = positionOf(url, source.paging, size);
  const shown = source.loop === 'same-page' ? 0 : at;
  const people = changed.slice(shown, shown + size);
  const hasNext = source.loop !== undefined || at + size < changed.length;
  const next = source.loop === 'itself' ? at : at + size;
  if (source.paging === 'link' && hasNext) {
    const to = new URL(url);
    to.searchParams.set('from', String(next));
    response.setHeader('link', `<${source.url}?first>; rel="first", <${to.href}>; rel="next"`);
  }
  const token = source.paging === 'cursor' && hasNext ? { next: { after: String(next) } } : {};
  response.end(JSON.stringify({ people, ...token }));
}

function positionOf(url: URL, paging: Paging, size: number): number {
  if (paging === 'page') return (Number(url.searchParams.get('page')) - 1) * size;
  return Number(
    url.searchParams.get({ cursor: 'after', offset: 'offset' }[String(paging)] ?? 'from') ?? 0,
  );
}
