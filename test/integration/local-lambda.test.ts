import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type InvocationOutcome, LambdaFunction } from '../../local/lambda/lambda-function.ts';

const started: LambdaFunction[] = [];
afterAll(() => Promise.all(started.map((lambda) => lambda.stop())));

function start(
  changes: {
    timeoutMs?: number;
    reservedConcurrency?: number;
    handler?: string;
    memoryMb?: number;
  } = {},
) {
  const lines: string[] = [];
  const outcomes: InvocationOutcome[] = [];
  const lambda = new LambdaFunction({
    definition: {
      logicalId: 'Misbehave',
      name: 'stack-Misbehave',
      arn: 'arn:aws:lambda:eu-west-1:000000000000:function:stack-Misbehave',
      codeDirectory: resolve('test/fixtures/local-cloud/misbehave'),
      handler: 'index.handler',
      environment: { TABLE_NAME: 'table' },
      memoryMb: 128,
      timeoutMs: 10_000,
      reservedConcurrency: undefined,
      region: 'eu-west-1',
      ...changes,
    },
    endpoints: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' },
    onLine: (line) => lines.push(line),
    onInvocation: (outcome) => outcomes.push(outcome),
  });
  started.push(lambda);
  return { lambda, lines, outcomes };
}

async function answer(lambda: LambdaFunction, event: object) {
  const result = await lambda.invoke(JSON.stringify(event));
  if (result.kind !== 'response') throw new Error(JSON.stringify(result));
  return JSON.parse(result.payload);
}

const invoke = (lambda: LambdaFunction, event: object) => lambda.invoke(JSON.stringify(event));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolveTick) => setTimeout(resolveTick, 10));
}

describe('a function', () => {
  it('keeps its process for the next event', async () => {
    const { lambda, outcomes } = start();
    const first = await answer(lambda, { do: 'echo', text: 'é' });
    const second = await answer(lambda, { do: 'echo' });
    expect(first).toMatchObject({ event: { text: 'é' }, count: 1 });
    expect(second).toMatchObject({ count: 2, pid: first.pid });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['success', 'success']);
    expect(lambda.residentBytes()).toBeGreaterThan(1_000_000);
  });

  it('gets the context and the environment of the template and the runtime, and nothing of ours', async () => {
    process.env.SECRET_OF_THE_RUNNER = 'x';
    const context = await answer(start().lambda, { do: 'context' });
    expect(context).toMatchObject({
      awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/u),
      functionName: 'stack-Misbehave',
      memoryLimitInMB: '128',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:stack-Misbehave',
      environment: {
        TABLE_NAME: 'table',
        AWS_REGION: 'eu-west-1',
        AWS_LAMBDA_FUNCTION_NAME: 'stack-Misbehave',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      },
    });
    expect(context.remainingMs).toBeGreaterThan(0);
    expect(context.remainingMs).toBeLessThanOrEqual(10_000);
    expect(context.environment).not.toHaveProperty('SECRET_OF_THE_RUNNER');
  });

  it('passes on each line that it writes', async () => {
    const { lambda, lines } = start();
    await invoke(lambda, { do: 'log' });
    await until(() => lines.length === 3);
    expect(lines.toSorted()).toEqual(['first line', 'second line', 'to standard error']);
  });

  it('answers with the error that it throws, and lives on', async () => {
    const { lambda, outcomes } = start();
    expect(await invoke(lambda, { do: 'throw' })).toMatchObject({
      kind: 'error',
      error: { errorType: 'RangeError', errorMessage: 'out of range' },
    });
    expect(await answer(lambda, { do: 'echo' })).toMatchObject({ count: 2 });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['error', 'success']);
  });

  it.each([['sleep'], ['spin']])(
    'that takes too long (%s) is killed, and the next event has a new process',
    async (how) => {
      const { lambda } = start({ timeoutMs: 1_000 });
      expect(await invoke(lambda, { do: how, ms: 60_000 })).toMatchObject({
        kind: 'error',
        error: { errorMessage: expect.stringContaining('Task timed out after 1.00 seconds') },
      });
      expect(await answer(lambda, { do: 'echo' })).toMatchObject({ count: 1 });
    },
  );

  it('that ends its process fails with the exit status, and the next event has a new one', async () => {
    const { lambda } = start();
    expect(await invoke(lambda, { do: 'exit' })).toMatchObject({
      kind: 'error',
      error: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringContaining('exit status 3'),
      },
    });
    expect(await answer(lambda, { do: 'echo' })).toMatchObject({ count: 1 });
  });

  it('that fills its memory dies of it', async () => {
    const { lambda } = start({ timeoutMs: 60_000 });
    expect(await invoke(lambda, { do: 'fill' })).toMatchObject({
      kind: 'error',
      error: { errorType: 'Runtime.ExitError' },
    });
  });

  it('that is killed fails what it was running', async () => {
    const { lambda } = start();
    await answer(lambda, { do: 'echo' });
    const running = invoke(lambda, { do: 'sleep', ms: 60_000 });
    lambda.kill();
    expect(await running).toMatchObject({
      kind: 'error',
      error: { errorMessage: expect.stringContaining('signal: killed') },
    });
    expect(await answer(lambda, { do: 'echo' })).toMatchObject({ count: 1 });
  });

  it('runs events beside each other in several processes', async () => {
    const { lambda } = start();
    const folder = await mkdtemp(join(tmpdir(), 'kindred-meet-'));
    const meet = () => answer(lambda, { do: 'meet', folder, count: 2 });
    expect(await Promise.all([meet(), meet()])).toEqual([null, null]);
    await rm(folder, { recursive: true });
  });

  it('refuses more events at once than are reserved for it', async () => {
    const { lambda, outcomes } = start({ reservedConcurrency: 1 });
    const [first, second] = await Promise.all([
      invoke(lambda, { do: 'sleep', ms: 50 }),
      invoke(lambda, { do: 'echo' }),
    ]);
    expect(first.kind).toBe('response');
    expect(second).toMatchObject({ kind: 'refused', reason: 'throttled' });
    expect(outcomes.some(({ kind }) => kind === 'throttle')).toBe(true);
  });

  it('takes and gives 6 MB, not more', async () => {
    const { lambda } = start({ memoryMb: 256 });
    const text = 'x'.repeat(6_291_456);
    expect(await invoke(lambda, { do: 'echo', text })).toMatchObject({
      kind: 'refused',
      reason: 'too large',
    });
    expect((await answer(lambda, { do: 'large', bytes: 6_000_000 })).length).toBe(6_000_000);
    expect(await invoke(lambda, { do: 'large', bytes: 6_300_000 })).toMatchObject({
      kind: 'error',
      error: { errorType: 'Function.ResponseSizeTooLarge' },
    });
  });

  it.each([
    ['absent.handler', 'Runtime.ImportModuleError'],
    ['index.absent', 'Runtime.HandlerNotFound'],
  ])('with the handler %s fails to initialise: %s', async (handler, errorType) => {
    const { lambda } = start({ handler });
    expect(await invoke(lambda, { do: 'echo' })).toMatchObject({
      kind: 'error',
      error: { errorType },
    });
  });

  it.each([['idle'], ['sleep'], ['spin']])(
    'that is in "%s" does not outlive a runner that is killed',
    async (how) => {
      const runner = spawn(process.execPath, ['--input-type=module-typescript', '--eval', RUNNER], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, HOW: how },
      });
      let said = '';
      runner.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until(() => said.includes('busy'));
      const pid = Number(said.split('\n')[0]);
      expect(isAlive(pid)).toBe(true);
      runner.kill('SIGKILL');
      await until(() => !isAlive(pid));
    },
  );
});

/** Starts a function, prints its process's id, keeps it busy and waits. */
const RUNNER = `
import { LambdaFunction } from ${JSON.stringify(resolve('local/lambda/lambda-function.ts'))};
const lambda = new LambdaFunction({
  definition: {
    logicalId: 'A', name: 'A', arn: 'A', handler: 'index.handler', environment: {}, memoryMb: 128,
    codeDirectory: ${JSON.stringify(resolve('test/fixtures/local-cloud/misbehave'))},
    timeoutMs: 60000, reservedConcurrency: undefined, region: 'eu-west-1',
  },
  endpoints: {}, onInvocation: () => {}, onLine: (line) => console.log(line),
});
const result = await lambda.invoke('{"do":"echo"}');
const { pid } = JSON.parse(result.payload);
console.log(pid);
if (process.env.HOW === 'idle') console.log('busy');
else void lambda.invoke(JSON.stringify({ do: process.env.HOW, ms: 60000 }));
setInterval(() => {}, 1000);
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
