import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { bundle } from '../../cdk/constructs/bundled-code.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { atMost, type Check, median, shown } from '../check.ts';
import { requestOf } from './collector-in-memory.ts';
import { realisticBatch } from './realistic-batch.ts';

const ENTRY = 'lambdas/ingest/collect.ts';
const STARTS = 15;
const KILOBYTE = 1024;

/** Size of the collector's bundle, and import to first answer beside an empty handler's. */
export async function benchColdStart(
  cloud: LocalCloud,
  variables: Readonly<Record<string, string>>,
): Promise<Check[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-bench-'));
  try {
    const [code] = bundle(ENTRY, process.cwd()).filter(({ name }) => name === 'index.mjs');
    if (code === undefined) throw new Error('the bundle has no index.mjs');
    const files = {
      collector: join(folder, 'index.mjs'),
      empty: join(folder, 'empty.mjs'),
      event: join(folder, 'event.json'),
    };
    await writeFile(files.collector, code.contents);
    await writeFile(files.empty, 'export const handler = async () => ({ statusCode: 200 });');
    await writeFile(files.event, JSON.stringify(eventFor(cloud)));
    const environment = { ...environmentOf(cloud), ...variables };
    const times = { collector: [0], empty: [0], import: [0] };
    for (let start = 0; start < STARTS; start += 1) {
      const collector = await firstAnswer(files.collector, files.event, environment);
      const empty = await firstAnswer(files.empty, files.event, environment);
      times.collector.push(collector.wholeMs);
      times.import.push(collector.importMs);
      times.empty.push(empty.wholeMs);
    }
    const of = (name: keyof typeof times) => median(times[name].slice(1));
    return [
      atMost('collector bundle', code.contents.length / KILOBYTE, 'KB', 500),
      shown('import of an empty handler to its answer', of('empty'), 'ms'),
      shown('import of the collector', of('import'), 'ms'),
      atMost('import of the collector to its first answer', of('collector'), 'ms', 250),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function eventFor({ connection }: LocalCloud): object {
  const event = requestOf(Buffer.from(JSON.stringify(realisticBatch(0))));
  const Authorization = `Basic ${Buffer.from(`${connection.writeKey}:`).toString('base64')}`;
  return { ...event, headers: { ...event.headers, Authorization } };
}

/** The runtime's variables and where the services are. */
function environmentOf({ connection }: LocalCloud): Record<string, string> {
  const endpoints = Object.entries(connection.aws).map(([service, url]) => [
    `AWS_ENDPOINT_URL_${service === 'secretsmanager' ? 'SECRETS_MANAGER' : service.toUpperCase()}`,
    url,
  ]);
  return {
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    NODE_OPTIONS: '--enable-source-maps',
    ...Object.fromEntries(endpoints),
  };
}

const measurement = z.object({
  importMs: z.number(),
  wholeMs: z.number(),
  status: z.literal(200),
});

async function firstAnswer(
  bundleFile: string,
  eventFile: string,
  env: Readonly<Record<string, string>>,
): Promise<z.infer<typeof measurement>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['bench/collect/first-answer.mjs', bundleFile, eventFile],
    { env },
  );
  return measurement.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
