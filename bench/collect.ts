import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { atMost, type Check, printChecks } from './check.ts';
import { benchColdStart } from './collect/cold-start.ts';
import { benchProcessorTime } from './collect/processor-time.ts';
import { benchPutRecords } from './collect/put-records.ts';
import { benchThroughput } from './collect/throughput.ts';
import { functionVariables, withLocalCloud } from './local-cloud.ts';

/**
 * What the collector costs: `npm run bench:collect [-- --json]`. Every figure is a ratio to something
 * measured in the same run, but for sizes and the cold start's bound.
 */
async function main(): Promise<void> {
  const checks = [...(await benchProcessorTime()), ...(await benchMemory())];
  await withLocalCloud(async (cloud, template) => {
    const variables = functionVariables('Collect', template, cloud);
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

await main();
