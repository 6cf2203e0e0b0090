import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
    const template = await withoutConsumers(join(assemblyDirectory, 'Kindred-dev.template.json'));
    const cloud = await startLocalCloud({ assemblyDirectory });
    try {
      await work(cloud, collectVariables(template, cloud));
    } finally {
      await cloud.stop();
    }
  } finally {
    await rm(assemblyDirectory, { recursive: true, force: true });
  }
}

interface Template {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  readonly Outputs: Record<string, object>;
}

/**
 * Takes what reads the stream out of the measurement: on AWS it runs elsewhere, here it would share
 * two cores with the collector.
 */
async function withoutConsumers(templateFile: string): Promise<Template> {
  const template = JSON.parse(await readFile(templateFile, 'utf8')) as Template;
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::Lambda::EventSourceMapping') Properties.Enabled = false;
    if (Type === 'AWS::KinesisFirehose::DeliveryStream') leaveOut(template, id);
  }
  await writeFile(templateFile, JSON.stringify(template));
  return template;
}

/** A resource with what names it: alarms and outputs. */
function leaveOut({ Resources, Outputs }: Template, id: string): void {
  for (const entries of [Resources, Outputs]) {
    for (const [name, entry] of Object.entries(entries)) {
      if (name === id || JSON.stringify(entry).includes(`"${id}"`)) delete entries[name];
    }
  }
}

/** The function's variables, with the names that the outputs have for them. */
function collectVariables(
  { Resources }: Template,
  { connection }: LocalCloud,
): Record<string, string> {
  const collect = Resources.Collect;
  if (collect === undefined) throw new Error('the template has no function Collect');
  const { Environment } = collect.Properties as {
    Environment: { Variables: Record<string, unknown> };
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
  for (const [name, value] of Object.entries(Environment.Variables)) {
    const known = named[name] ?? (typeof value === 'string' ? value : undefined);
    if (known === undefined) throw new Error(`no output names the collector's variable ${name}`);
    variables[name] = known;
  }
  return variables;
}

await main();
