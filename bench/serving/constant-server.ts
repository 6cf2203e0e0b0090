import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The least that any server does: answers every request with the JSON that is its argument. Sends its parent its port. */
const [body = ''] = process.argv.slice(2);

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
