import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { bundle } from '../cdk/constructs/bundled-code.ts';
import type { LocalCloud } from '../local/cloud.ts';
import { median } from './check.ts';

const STARTS = 15;
export const KILOBYTE = 1024;

/** Medians of a function's starts and of an empty handler's, which take turns. */
export interface ColdStart {
  readonly bundleKb: number;
  readonly emptyMs: number;
  readonly importMs: number;
  /** From the import to the first answer. */
  readonly wholeMs: number;
}

/** How long the deployed bundle of an entry takes from its import to its first answer, in processes of its own. */
export async function coldStart(
  entry: string,
  event: object,
  cloud: LocalCloud,
  variables: Readonly<Record<string, string>>,
): Promise<ColdStart> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-bench-'));
  try {
    const code = codeOf(entry);
    const files = {
      function: join(folder, 'index.mjs'),
      empty: join(folder, 'empty.mjs'),
      event: join(folder, 'event.json'),
    };
    await writeFile(files.function, code);
    await writeFile(files.empty, 'export const handler = async () => ({ statusCode: 200 });');
    await writeFile(files.event, JSON.stringify(event));
    const environment = { ...environmentOf(cloud), ...variables };
    const starts: { empty: number; import: number; whole: number }[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      const full = await firstAnswer(files.function, files.event, environment);
      const empty = await firstAnswer(files.empty, files.event, environment);
      starts.push({ empty: empty.wholeMs, import: full.importMs, whole: full.wholeMs });
    }
    return {
      bundleKb: code.length / KILOBYTE,
      emptyMs: median(starts.map(({ empty }) => empty)),
      importMs: median(starts.map((start) => start.import)),
      wholeMs: median(starts.map(({ whole }) => whole)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function codeOf(entry: string): Uint8Array {
  const code = bundle(entry, process.cwd()).find(({ name }) => name === 'index.mjs');
  if (code === undefined) throw new Error(`the bundle of ${entry} has no index.mjs`);
  return code.contents;
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
    ['bench/first-answer.mjs', bundleFile, eventFile],
    { env },
  );
  return measurement.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
