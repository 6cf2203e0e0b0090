import { SFNClient } from '@aws-sdk/client-sfn';
import { Command, InvalidArgumentError } from 'commander';
import { clientOptions, readConnection } from './connection.ts';
import { createTerminal } from './terminal.ts';
import { runTraining } from './train/run-training.ts';
import { printTraining } from './train/training-report.ts';
import { UserError } from './user-error.ts';

interface TrainOptions {
  readonly connection?: string;
  readonly stateMachine?: string;
  readonly holdoutDays?: number;
  readonly json?: true;
}

/** `kindred train`: runs the training workflow now and says what came of it. */
export function trainCommand(): Command {
  return new Command('train')
    .description('Train a model now: snapshot, check, train, evaluate, gate, publish.')
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--state-machine <arn>',
      'train state machine in AWS, with your usual credentials (or KINDRED_STATE_MACHINE)',
    )
    .option('--holdout-days <n>', 'days held out to judge the model by', positiveNumber)
    .option('--json', 'print one JSON document instead')
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  const { client, stateMachineArn } = await connect(options);
  // Progress goes to stderr, so that --json leaves one document on stdout.
  const progress = createTerminal(process.stderr);
  const startMs = performance.now();
  const result = await reachable(() =>
    runTraining({
      client,
      stateMachineArn,
      ...(options.holdoutDays !== undefined && { holdoutDays: options.holdoutDays }),
      onState: ({ name }) => {
        const elapsedS = ((performance.now() - startMs) / 1000).toFixed(1);
        progress.line(`${elapsedS.padStart(6)} s  ${name}`);
      },
    }),
  );
  client.destroy();
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else printTraining(createTerminal(process.stdout), result);
}

async function connect(
  options: TrainOptions,
): Promise<{ readonly client: SFNClient; readonly stateMachineArn: string }> {
  const named = options.stateMachine ?? process.env.KINDRED_STATE_MACHINE;
  if (named !== undefined) {
    const region = named.split(':')[3];
    if (!named.startsWith('arn:') || !region) {
      throw new UserError(
        `${named} is not the ARN of a state machine.`,
        'Take TrainStateMachineArn from the outputs of the stack.',
      );
    }
    return { client: new SFNClient({ region }), stateMachineArn: named };
  }
  const connection = await readConnection(options.connection);
  const stateMachineArn = connection.resources.TrainStateMachineArn;
  if (stateMachineArn === undefined) {
    throw new UserError(
      'The connection file names no TrainStateMachineArn.',
      'Write it again with `npm start`, or give --state-machine.',
    );
  }
  return { client: new SFNClient(clientOptions(connection, 'sfn')), stateMachineArn };
}

async function reachable<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error;
    const name = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    throw new UserError(
      `Step Functions could not be asked (${name}): ${error.message}`,
      'Check that `npm start` is still running, or your AWS credentials and the ARN.',
    );
  }
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number of days above 0.');
  return value;
}
