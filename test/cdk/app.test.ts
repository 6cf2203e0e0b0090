import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './synthesized.ts';

const run = promisify(execFile);

describe('the synthesis', () => {
  it('answers a mistake with one line that names the remedy, no stack trace, and exit code 1', async () => {
    const failed = run(process.execPath, ['cdk/app.ts', '-c', 'env=production'], { cwd: root });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'kindred synth: no environment is called "production"; use one of dev, staging, prod, all\n',
    });
  });
});
