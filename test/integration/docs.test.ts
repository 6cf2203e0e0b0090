import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from './cloud.ts';

const run = promisify(execFile);
const documents = [
  'docs/getting-started.md',
  'docs/how-to/send-events.md',
  'docs/how-to/preferences-and-consent.md',
];

/** The commands with `curl` in a document's shell fences, continuation lines joined by the shell itself. */
async function curlCommands(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const fences = [...text.matchAll(/```sh\n([\s\S]*?)```/gu)].map((match) => match[1] ?? '');
  return fences
    .flatMap((fence) => fence.split(/(?<!\\)\n/u))
    .filter((command) => /^curl |\| curl /u.test(command));
}

describe('the commands in the docs', () => {
  let test: TestCloud;
  beforeAll(async () => {
    test = await startTestCloud();
  });
  afterAll(() => test?.stop());

  it.each(documents)('%s: every curl runs as it stands', async (file) => {
    const { collector, writeKey, api, apiKey } = test.cloud.connection;
    const environment = {
      ...process.env,
      COLLECTOR: collector,
      WRITE_KEY: writeKey,
      // The default source's key is a server's too.
      SERVER_WRITE_KEY: writeKey,
      API: api,
      API_KEY: apiKey,
    };
    const commands = await curlCommands(file);
    expect(commands.length).toBeGreaterThan(2);
    for (const command of commands) {
      const { stdout } = await run('bash', ['-c', command], { env: environment });
      expect(stdout, command).toMatch(/success|items|<table|issues|image\/gif/u);
    }
  });
});
