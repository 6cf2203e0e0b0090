import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { Command } from 'commander';
import { modelImport } from '../../core/training/imported-model.ts';
import { clientOptions, readConnection } from '../connection.ts';
import { positiveInteger } from '../quarantine.ts';
import { createTerminal } from '../terminal.ts';
import { runTraining } from '../train/run-training.ts';
import { printTraining } from '../train/training-report.ts';
import { UserError } from '../user-error.ts';

interface ImportOptions {
  readonly items?: string;
  readonly trainedUntil: string;
  readonly neighbours?: number;
  readonly holdoutDays?: number;
  readonly connection?: string;
  readonly bucket?: string;
  readonly stateMachine?: string;
  readonly json?: true;
}

/** Hex digits that tell one upload from another of the same name. */
const NAME_DIGITS = 12;

/** `kindred model import`: judges a model that was trained elsewhere, and publishes it if it passes. */
export function importModelCommand(): Command {
  return new Command('import')
    .description(
      'judge a model that was trained elsewhere by the gate, and publish it if it passes',
    )
    .argument(
      '<file>',
      '.npy of vectors; .parquet with item_id and embedding, or item_id, neighbour_id and score; or model-imports/<id>/manifest.json of a model in the lake’s bucket',
    )
    .requiredOption('--trained-until <time>', 'ISO 8601: nothing later was trained on')
    .option('--items <file>', 'the item ids of an .npy, one a line, in the order of its rows')
    .option('--neighbours <n>', 'neighbours kept of an item (default: 200)', positiveInteger)
    .option('--holdout-days <n>', 'days held out to judge the model by', positiveInteger)
    .option('--connection <file>', 'connection file of a running Kindred')
    .option('--bucket <name>', 'in AWS: LakeBucketName of the stack’s outputs')
    .option('--state-machine <arn>', 'in AWS: TrainStateMachineArn of the stack’s outputs')
    .option('--json', 'print one JSON document instead')
    .action(importModel);
}

async function importModel(file: string, options: ImportOptions): Promise<void> {
  if (file.endsWith('.npy') && options.items === undefined) {
    throw new UserError('An .npy has no item ids.', 'Give --items, a file of one id a line.');
  }
  const until = new Date(options.trainedUntil);
  if (Number.isNaN(until.getTime())) {
    throw new UserError('--trained-until is no time.', 'Write ISO 8601: 2026-10-31T00:00:00Z.');
  }
  const { s3, sfn, bucket, stateMachineArn } = await connect(options);
  const upload = async (path: string): Promise<string> => {
    // Already there: a model that Spark has written.
    if (path.startsWith('model-imports/')) return path;
    const Body = await readFile(path).catch(() => {
      throw new UserError(`${path} cannot be read.`, 'Name a file that exists.');
    });
    const digest = createHash('sha256').update(Body).digest('hex').slice(0, NAME_DIGITS);
    const Key = `model-imports/${digest}/${basename(path)}`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    return Key;
  };
  const importedModel = modelImport.safeParse({
    key: await upload(file),
    ...(options.items !== undefined && { itemsKey: await upload(options.items) }),
    trainedUntil: until.toISOString(),
    ...(options.neighbours !== undefined && { neighboursMax: options.neighbours }),
  });
  if (!importedModel.success) {
    throw new UserError(`${file} is no model.`, 'Models are .npy and .parquet files.');
  }
  const progress = createTerminal(process.stderr);
  const result = await runTraining({
    client: sfn,
    stateMachineArn,
    importedModel: importedModel.data,
    ...(options.holdoutDays !== undefined && { holdoutDays: options.holdoutDays }),
    onState: ({ name }) => progress.line(name),
  });
  s3.destroy();
  sfn.destroy();
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else printTraining(createTerminal(process.stdout), result);
}

async function connect({ bucket, stateMachine, connection: file }: ImportOptions) {
  if (bucket !== undefined || stateMachine !== undefined) {
    const region = stateMachine?.split(':')[3];
    if (bucket === undefined || stateMachine === undefined || !region) {
      throw new UserError(
        'In AWS both --bucket and --state-machine are needed.',
        'Take LakeBucketName and TrainStateMachineArn from the outputs of the stack.',
      );
    }
    const clients = { s3: new S3Client({ region }), sfn: new SFNClient({ region }) };
    return { ...clients, bucket, stateMachineArn: stateMachine };
  }
  const connection = await readConnection(file);
  const { LakeBucketName, TrainStateMachineArn } = connection.resources;
  if (LakeBucketName === undefined || TrainStateMachineArn === undefined) {
    throw new UserError(
      'The connection file names no LakeBucketName or TrainStateMachineArn.',
      'Write it again with `npm start`.',
    );
  }
  return {
    s3: new S3Client({ ...clientOptions(connection, 's3'), forcePathStyle: true }),
    sfn: new SFNClient(clientOptions(connection, 'sfn')),
    bucket: LakeBucketName,
    stateMachineArn: TrainStateMachineArn,
  };
}
