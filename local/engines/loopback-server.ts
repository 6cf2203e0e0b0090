import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** What every engine of the local cloud is to its orchestrator. */
export interface Engine {
  /** Base URL, e.g. `http://127.0.0.1:49152`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** The largest request that any of the services takes is under 2 MB; more is a client gone wrong. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

export interface LoopbackRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface LoopbackAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes a whole request. `'destroy'` closes the connection unanswered, `'hang'` leaves it open. */
export type LoopbackHandler = (
  request: LoopbackRequest,
) => Promise<LoopbackAnswer | 'destroy' | 'hang'>;

/** An HTTP server for one service on 127.0.0.1; port 0 takes a free one. */
export async function startLoopbackServer(handler: LoopbackHandler, port = 0): Promise<Engine> {
  const server = createServer((request, response) => {
    serve(handler, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  handler: LoopbackHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await wholeBody(request);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  const answer = await handler({ headers, body });
  if (answer === 'hang') return;
  if (answer === 'destroy') {
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}

/** The body, unzipped where the SDK has zipped it (it does with large PutMetricData); undefined if too large. */
async function wholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.headers['content-encoding'] !== 'gzip') return body;
  return gunzipSync(body, { maxOutputLength: REQUEST_BYTES_MAX });
}
