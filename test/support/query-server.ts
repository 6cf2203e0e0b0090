import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface QueryServer {
  readonly url: string;
  requestCount(): number;
  close(): void;
}

/** Answers DynamoDB's Query with these items over its wire protocol. */
export async function serveQuery(items: () => readonly object[]): Promise<QueryServer> {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    count += 1;
    response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.0' });
    const found = items();
    response.end(JSON.stringify({ Items: found, Count: found.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requestCount: () => count,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
