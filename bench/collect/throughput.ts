import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import type { LocalCloud } from '../../local/cloud.ts';
import { atLeast, type Check, median, shown } from '../check.ts';
import { realisticBatch } from './realistic-batch.ts';

const IN_FLIGHT = 16;
const ROUNDS = 7;
/** The first starts the function's processes, in the others their code is compiled. */
const WARM_UP_ROUNDS = 4;
const REQUESTS = 600;

/**
 * Batches a second through the local gateway and the deployed bundle, beside a bare server that only
 * parses the JSON and makes the same SDK call to the same stream; rounds of both take turns.
 */
export async function benchThroughput(cloud: LocalCloud): Promise<Check[]> {
  const { connection } = cloud;
  const bare = await startBareServer(cloud);
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const headers = {
    'content-type': 'text/plain',
    authorization: `Basic ${Buffer.from(`${connection.writeKey}:`).toString('base64')}`,
  };
  const bodies = Array.from({ length: 50 }, (_, index) => JSON.stringify(realisticBatch(index)));
  const rate = (url: string) => requestsPerSecond(url, bodies, headers, agent);
  const rates = { gateway: [0], bare: [0] };
  try {
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
      const gateway = await rate(`${connection.collector}/v1/batch`);
      const plain = await rate(`http://127.0.0.1:${bare.port}/`);
      if (round < WARM_UP_ROUNDS) continue;
      rates.gateway.push(gateway);
      rates.bare.push(plain);
    }
  } finally {
    agent.destroy();
    bare.process.kill();
  }
  const [gateway, plain] = [median(rates.gateway.slice(1)), median(rates.bare.slice(1))];
  return [
    shown('bare server, batches of 20', plain, '/s'),
    shown('local gateway, batches of 20', gateway, '/s'),
    atLeast('local gateway / bare server', gateway / plain, '×', 0.7),
  ];
}

async function startBareServer(
  cloud: LocalCloud,
): Promise<{ process: ChildProcess; port: number }> {
  const { connection } = cloud;
  const child = spawn(
    process.execPath,
    ['bench/collect/bare-server.ts', connection.resources.EventsStreamName ?? ''],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        AWS_REGION: connection.region,
        AWS_ACCESS_KEY_ID: 'bench',
        AWS_SECRET_ACCESS_KEY: 'bench',
        AWS_ENDPOINT_URL_KINESIS: connection.aws.kinesis,
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    child.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)));
  });
  return { process: child, port };
}

async function requestsPerSecond(
  url: string,
  bodies: readonly string[],
  headers: Readonly<Record<string, string>>,
  agent: Agent,
): Promise<number> {
  let next = 0;
  const startMs = performance.now();
  const lane = async () => {
    while (next < REQUESTS) {
      next += 1;
      await post(url, bodies[next % bodies.length] ?? '', headers, agent);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return (REQUESTS / (performance.now() - startMs)) * 1000;
}

function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  agent: Agent,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
