import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { runTraining } from '../../cli/train/run-training.ts';
import { trainCommand } from '../../cli/train.ts';

const ARN = 'arn:aws:states:eu-west-1:000000000000:stateMachine:train';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Step Functions as far as following an execution needs it: each look at it shows one more state. */
async function startStepFunctions(states: readonly string[], end: Record<string, unknown>) {
  const asked: unknown[] = [];
  let seen = 0;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1];
      if (operation === 'StartExecution') asked.push(JSON.parse(JSON.parse(body).input));
      if (operation === 'GetExecutionHistory') seen++;
      const answers: Record<string, unknown> = {
        StartExecution: { executionArn: `${ARN}:1`, startDate: 0 },
        DescribeExecution: seen < states.length ? { status: 'RUNNING' } : end,
        GetExecutionHistory: {
          events: states.slice(0, seen).map((name, id) => ({
            id,
            timestamp: 1_795_000_000 + id,
            type: 'TaskStateEntered',
            stateEnteredEventDetails: { name },
          })),
        },
      };
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answers[operation ?? '']));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new SFNClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return { client, asked };
}

const difference = { mean: 0.1, lower: 0.05, upper: 0.15 };
const figures = {
  ndcg: 0.3,
  hit: 0.8,
  recall: 0.4,
  mrr: 0.35,
  ndcgInterval: difference,
  customers: 100,
};
const output = {
  promoted: true,
  modelId: 'm-1',
  candidateId: 'm-1',
  snapshotId: 's-1',
  reasons: ['better than popularity beyond chance'],
  candidate: { all: figures, fresh: figures },
  popularity: { all: figures, fresh: figures },
  versusPopularity: { all: difference, fresh: difference },
  pointerVersion: 0,
};

describe('following a training run', () => {
  it('reports each state once, in order, and gives the result', async () => {
    const { client, asked } = await startStepFunctions(['Snapshot', 'Check'], {
      status: 'SUCCEEDED',
      output: JSON.stringify(output),
    });
    const entered: string[] = [];
    const result = await runTraining({
      client,
      stateMachineArn: ARN,
      holdoutDays: 7,
      onState: ({ name }) => entered.push(name),
    });
    expect(entered).toEqual(['Snapshot', 'Check']);
    expect(asked).toEqual([{ holdoutDays: 7 }]);
    const { pointerVersion: _version, ...told } = output;
    expect(result).toEqual(told);
  });

  it('ends with the cause and the remedy when a step fails', async () => {
    const cause = { errorType: 'SnapshotRejected', errorMessage: 'customers: 1' };
    const { client } = await startStepFunctions(['Snapshot'], {
      status: 'FAILED',
      error: 'SnapshotRejected',
      cause: JSON.stringify(cause),
    });
    await expect(runTraining({ client, stateMachineArn: ARN })).rejects.toMatchObject({
      name: 'UserError',
      message: 'The training failed: SnapshotRejected: customers: 1',
      remedy: expect.stringContaining('import more events'),
    });
  });
});

describe('kindred train', () => {
  const run = (...flags: string[]) =>
    trainCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parseAsync(['node', 'train', ...flags]);

  it('says what to do without a running Kindred', async () => {
    await expect(run('--connection', '/nonexistent.json')).rejects.toMatchObject({
      name: 'UserError',
      remedy: expect.stringContaining('npm start'),
    });
  });

  it('refuses what is no state machine', async () => {
    await expect(run('--state-machine', 'train')).rejects.toMatchObject({
      message: 'train is not the ARN of a state machine.',
    });
  });

  it.each(['0', '-1', 'many'])('refuses to hold out %s days', async (days) => {
    await expect(run(`--holdout-days=${days}`)).rejects.toThrow('number of days above 0');
  });
});
