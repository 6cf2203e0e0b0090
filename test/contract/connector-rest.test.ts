import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { guardedHttp } from '../../adapters/sources/guarded-http.ts';
import { createRestConnector, restConfig } from '../../adapters/sources/rest.ts';
import { type ContractRecord, contractMapping, describeConnector } from './connector-contract.ts';

const records = new Map<number, ContractRecord>();
let server: Server;
let url = '';

/** An API as many have it: changed since a time, in numbered pages. */
function answer(asked: URL): object[] {
  const [page = 1, limit = 0] = ['page', 'limit'].map((name) =>
    Number(asked.searchParams.get(name)),
  );
  const sinceMs = Date.parse(asked.searchParams.get('since') ?? '1970-01-01T00:00:00Z');
  return [...records.values()]
    .filter(({ changedAtMs }) => changedAtMs >= sinceMs)
    .toSorted((a, b) => a.changedAtMs - b.changedAtMs || a.id - b.id)
    .slice((page - 1) * limit, page * limit)
    .map(({ id, name, changedAtMs }) => ({
      id,
      name,
      changed_at: new Date(changedAtMs).toISOString(),
    }));
}

describeConnector('an API', {
  start: async () => {
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(new URL(request.url ?? '/', url))));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/customers`;
  },
  stop: async () => {
    server.closeAllConnections();
    server.close();
  },
  clear: async () => records.clear(),
  put: async (changed) => {
    for (const record of changed) records.set(record.id, record);
  },
  connect: () => {
    const config = restConfig.parse({
      type: 'rest',
      url,
      pageSizeParameter: 'limit',
      pagination: { kind: 'page', parameter: 'page' },
      watermark: { parameter: 'since', path: 'changed_at' },
      auth: { kind: 'none' },
      mapping: contractMapping,
    });
    const http = guardedHttp({ allowPrivateAddresses: true });
    return createRestConnector(config, { http, secrets: {}, nowMs: Date.now });
  },
});
