import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

/** What a request to a vendor says. */
export interface VendorRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface VendorAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A vendor: what it holds and how it answers. */
export type Vendor = (request: VendorRequest) => VendorAnswer;

/** What goes wrong with one request; an answer of its own goes out instead of the vendor's. */
export type Fault = 'none' | 'time-out' | 'truncated' | 'repeated' | VendorAnswer;

export interface VendorServer {
  readonly url: string;
  readonly requests: readonly VendorRequest[];
  /** For the requests to come, in their order. */
  readonly faults: Fault[];
  close(): void;
}

/** Serves a vendor over HTTP, with faults put in. */
export async function startVendorServer(vendor: Vendor): Promise<VendorServer> {
  const requests: VendorRequest[] = [];
  const faults: Fault[] = [];
  /** What a cache in between would hold: the last answer that went out whole. */
  let lastText = '{}';
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = {
      method: incoming.method ?? '',
      url: new URL(incoming.url ?? '', 'http://vendor.example'),
      headers: incoming.headers,
      text: Buffer.concat(chunks).toString(),
    };
    requests.push(request);
    const fault = faults.shift() ?? 'none';
    // Held until the client gives up.
    if (fault === 'time-out') return;
    const answer = typeof fault === 'object' ? fault : vendor(request);
    const text = JSON.stringify(answer.body);
    send(response, answer, sent(fault, text, lastText));
    if (fault === 'none' && (answer.status ?? 200) < 300) lastText = text;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function sent(fault: Fault, text: string, lastText: string): string {
  if (fault === 'truncated') return text.slice(0, Math.floor(text.length / 2));
  return fault === 'repeated' ? lastText : text;
}

function send(response: ServerResponse, { status, headers }: VendorAnswer, text: string): void {
  response.writeHead(status ?? 200, { 'content-type': 'application/json', ...headers }).end(text);
}

const json = z.looseObject({});

/** A recorded answer or record. */
export function vendorFixture(path: string): z.infer<typeof json> {
  return json.parse(readJson(path));
}

export function vendorFixtureList(path: string): unknown[] {
  return z.array(z.unknown()).parse(readJson(path));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/vendors/${path}`, import.meta.url), 'utf8'));
}
