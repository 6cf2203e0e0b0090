import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMemoryCollector,
  type MemoryCollector,
  serveCollector,
  WRITE_KEY,
} from '../support/collector.ts';

let folder: string;
let script: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kindred-bridge-'));
  script = join(folder, 'bridge.mjs');
  const guide = await readFile('docs/how-to/other-streams.md', 'utf8');
  await writeFile(script, /```js runnable\n([\s\S]*?)```/u.exec(guide)?.[1] ?? '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bridge(collector: MemoryCollector, lines: string, refusals = 0) {
  const server = await serveCollector(collector, (count) =>
    count > refusals ? undefined : { statusCode: 503, headers: { 'Retry-After': '0' }, body: '{}' },
  );
  try {
    const run = spawn(process.execPath, [script], {
      env: { ...process.env, KINDRED_URL: server.url, KINDRED_WRITE_KEY: WRITE_KEY },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    run.stdin.end(lines);
    const [code] = await once(run, 'exit');
    return { code, requestCount: server.requestCount() };
  } finally {
    await server.close();
  }
}

const call = (index: number) =>
  JSON.stringify({
    type: 'track',
    event: 'Any',
    userId: `u${index}`,
    messageId: `m${index}`,
  });

describe('the bridge of the guide', () => {
  it('brings every call in, in batches, and outlasts an outage', async () => {
    const collector = createMemoryCollector();
    const lines = Array.from({ length: 1_001 }, (_, index) => call(index)).join('\n');
    const { code, requestCount } = await bridge(collector, `${lines}\n`, 2);
    expect(code).toBe(0);
    expect(requestCount).toBe(5);
    expect(new Set(collector.events().map(({ messageId }) => messageId)).size).toBe(1_001);
  });

  it('goes on past what is invalid, which is in quarantine', async () => {
    const collector = createMemoryCollector();
    expect((await bridge(collector, `${JSON.stringify({ type: 'track' })}\n`)).code).toBe(0);
    expect(collector.quarantined).toHaveLength(1);
  });
});
