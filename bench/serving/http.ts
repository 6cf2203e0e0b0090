import { type ChildProcess, fork } from 'node:child_process';
import * as z from 'zod';
import type { LocalCloud } from '../../local/cloud.ts';
import { type Check, median, percentile, shown } from '../check.ts';
import { gorseServer } from '../peers/gorse.ts';
import { firstMessage } from './first-message.ts';
import { madeUpHistory } from './made-up-model.ts';

const REQUESTS = 1_000;
/** The first start the function's processes and compile their code. */
const WARM_UP_ROUNDS = 2;
const ROUNDS = 5;

const loadTimes = z.object({ times: z.array(z.number()), wholeMs: z.number() });

/** What is asked, round by round. */
interface Server {
  readonly name: string;
  readonly urls: readonly string[];
  readonly apiKey: string;
  readonly stop: () => void;
}

/**
 * Requests a second and the slowest hundredth of them through the local gateway and the deployed bundle, beside a bare
 * server that answers with a constant and, where it is to be had, Gorse; rounds of all take turns.
 */
export async function benchHttp(
  { connection }: LocalCloud,
  { customers, items }: { readonly customers: number; readonly items: number },
): Promise<Check[]> {
  const urlOf = (customer: number) =>
    `${connection.api}/v1/recommendations/for-you?customer=${customer}`;
  const headers = { 'x-api-key': connection.apiKey };
  const body = await (await fetch(urlOf(0), { headers })).text();
  const urls = Array.from({ length: customers }, (_, customer) => urlOf(customer));
  const bare = await startConstantServer(body);
  const gorse = await gorseServer(customers, (customer) => madeUpHistory(customer, items));
  const servers: Server[] = [
    { name: 'local gateway', urls, apiKey: connection.apiKey, stop: () => undefined },
    { name: 'bare server', urls: [bare.url], apiKey: '', stop: () => bare.process.kill() },
    ...(gorse === undefined ? [] : [{ name: 'Gorse', apiKey: '', ...gorse }]),
  ];
  try {
    return await compared(servers);
  } finally {
    for (const { stop } of servers) stop();
  }
}

async function compared(servers: readonly Server[]): Promise<Check[]> {
  const found = servers.map(({ name }) => ({ name, rates: [] as number[], p99s: [] as number[] }));
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    for (const [place, server] of servers.entries()) {
      const { times, wholeMs } = await load(server);
      if (round < WARM_UP_ROUNDS) continue;
      found[place]?.rates.push((times.length / wholeMs) * 1000);
      found[place]?.p99s.push(percentile(times, 0.99));
    }
  }
  const each = found.flatMap(({ name, rates, p99s }) => [
    shown(`${name}, 16 requests at a time`, median(rates), '/s'),
    shown(`${name}, p99`, median(p99s), 'ms'),
  ]);
  const [own, ...others] = found;
  const ratios = others.flatMap(({ name, rates, p99s }) => [
    shown(
      `local gateway / ${name}, requests a second`,
      median(own?.rates ?? []) / median(rates),
      '×',
    ),
    shown(`local gateway / ${name}, p99`, median(own?.p99s ?? []) / median(p99s), '×'),
  ]);
  return [...each, ...ratios];
}

async function load({ urls, apiKey }: Server): Promise<z.infer<typeof loadTimes>> {
  const child = fork('bench/serving/load-process.ts', [String(REQUESTS), apiKey, ...urls]);
  return loadTimes.parse(await firstMessage(child));
}

async function startConstantServer(
  body: string,
): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const child = fork('bench/serving/constant-server.ts', [body]);
  const port = z.number().parse(await firstMessage(child));
  return { url: `http://127.0.0.1:${port}/`, process: child };
}
