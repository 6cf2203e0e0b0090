import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LocalCloud, startLocalCloud } from '../local/cloud.ts';
import { atMost, type Check, printChecks } from './check.ts';
import { benchColdStart } from './collect/cold-start.ts';
import { benchProcessorTime } from './collect/processor-time.ts';
import { benchPutRecords } from './collect/put-records.ts';
import { benchThroughput } from './collect/throughput.ts';

/**
 * What the collector costs: `npm run bench:collect [-- --json]`. Every figure is a ratio to something
 * measured in the same run, but for sizes and the cold start's bound.
 */
async function main(): Promise<void> {
  const checks = [...(await benchProcessorTime()), ...(await benchMemory())];
  await withCloud(async (cloud, variables) => {
    checks.push(...(await benchPutRecords(cloud)));
    checks.push(...(await benchThroughput(cloud)));
    checks.push(...(await benchColdStart(cloud, variables)));
  });
  printChecks(checks);
}

/** Heap after a million events over the heap after a tenth of them. */
async function benchMemory(): Promise<Check[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    'bench/collect/memory.ts',
  ]);
  const [early = 0, late = 0] = JSON.parse(stdout) as number[];
  return [atMost('heap after 1,000,000 events / after 100,000', late / early, '×', 1.05)];
}

async function withCloud(
  work: (cloud: LocalCloud, variables: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const assemblyDirectory = await mkdtemp(join(tmpdir(), 'kindred-bench-'));
  try {
    const synth = ['cdk/app.ts', '--quiet', '--output', assemblyDirectory];
    await promisify(execFile)(process.execPath, synth);
    const cloud = await startLocalCloud({ assemblyDirectory });
    try {
      await work(cloud, await collectVariables(assemblyDirectory, cloud));
    } finally {
      await cloud.stop();
    }
  } finally {
    await rm(assemblyDirectory, { recursive: true, force: true });
  }
}

/** The function's variables, with the names that the outputs have for them. */
async function collectVariables(
  assemblyDirectory: string,
  { connection }: LocalCloud,
): Promise<Record<string, string>> {
  const template: unknown = JSON.parse(
    await readFile(join(assemblyDirectory, 'Kindred-dev.template.json'), 'utf8'),
  );
  const { Resources } = template as {
    Resources: { Collect: { Properties: { Environment: { Variables: Record<string, unknown> } } } };
  };
  const { resources } = connection;
  const named: Readonly<Record<string, string | undefined>> = {
    EVENTS_STREAM_NAME: resources.EventsStreamName,
    QUARANTINE_BUCKET: resources.QuarantineBucketName,
    CONFIG_TABLE: resources.ConfigTableName,
    IDENTITY_SECRET_ID: resources.IdentitySecretArn,
    WRITE_KEY_SECRET_ID: resources.WriteKeySecretArn,
    INSPECTOR_TABLE: resources.InspectorTableName,
  };
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(Resources.Collect.Properties.Environment.Variables)) {
    const known = named[name] ?? (typeof value === 'string' ? value : undefined);
    if (known === undefined) throw new Error(`no output names the collector's variable ${name}`);
    variables[name] = known;
  }
  return variables;
}

await main();
