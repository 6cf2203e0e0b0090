import { S3Client } from '@aws-sdk/client-s3';
import { Command } from 'commander';
import { clientOptions, readConnection } from './connection.ts';
import { type DroppedManifest, followImport } from './drop/follow-import.ts';
import { uploadFile } from './drop/upload-file.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { UserError } from './user-error.ts';

interface DropOptions {
  readonly source: string;
  readonly name?: string;
  readonly connection?: string;
  readonly bucket?: string;
  readonly region?: string;
  readonly follow: boolean;
  readonly json?: true;
}

/** `kindred drop <file> --source <id>`: puts a file where it is imported, and says what came of it. */
export function dropCommand(): Command {
  return new Command('drop')
    .description('Drop a file on S3 to be imported, and follow it to its manifest.')
    .argument('<file>', 'CSV, TSV, JSON Lines or Parquet; plain, gzip or zstd')
    .requiredOption('-s, --source <id>', 'the source whose file it is')
    .option('--name <name>', 'its name below the source, where the file’s own is not to be taken')
    .option('--connection <file>', 'connection file of a running Kindred')
    .option(
      '--bucket <name>',
      'drop bucket in AWS, with your usual credentials: DropBucketName of the stack’s outputs (or KINDRED_DROP_BUCKET)',
    )
    .option('--region <region>', 'region of --bucket (or AWS_REGION)')
    .option('--no-follow', 'return once the file is there')
    .option('--json', 'print the manifest as one JSON document')
    .action(drop);
}

async function drop(file: string, options: DropOptions): Promise<void> {
  const { client, bucket } = await connect(options);
  // Progress goes to stderr, so that --json leaves one document on stdout.
  const progress = createTerminal(process.stderr);
  try {
    const dropped = await uploadFile(
      { client, bucket },
      { file, source: options.source, ...(options.name !== undefined && { name: options.name }) },
      (share) => progress.progress(`${Math.floor(share * 100)} % uploaded`),
    );
    if (!options.follow) {
      if (options.json === true) process.stdout.write(`${JSON.stringify(dropped)}\n`);
      else createTerminal(process.stdout).line(`${dropped.key} is there.`);
      return;
    }
    const startMs = Date.now();
    const manifest = await followImport({ client, bucket }, dropped, () =>
      progress.progress(`${Math.round((Date.now() - startMs) / 1000)} s  being imported`),
    );
    progress.progress('');
    if (options.json === true) process.stdout.write(`${JSON.stringify(manifest)}\n`);
    else print(createTerminal(process.stdout), manifest);
    if (manifest.status === 'failed') process.exitCode = 1;
  } finally {
    client.destroy();
  }
}

async function connect(options: DropOptions): Promise<{ client: S3Client; bucket: string }> {
  const named = options.bucket ?? process.env.KINDRED_DROP_BUCKET;
  if (named !== undefined) {
    const region = options.region ?? process.env.AWS_REGION;
    return { client: new S3Client(region === undefined ? {} : { region }), bucket: named };
  }
  const connection = await readConnection(options.connection);
  const bucket = connection.resources.DropBucketName;
  if (bucket === undefined) {
    throw new UserError(
      'The connection file names no DropBucketName.',
      'Write it again with `npm start`, or give --bucket.',
    );
  }
  const client = new S3Client({ ...clientOptions(connection, 's3'), forcePathStyle: true });
  return { client, bucket };
}

function print(terminal: Terminal, manifest: DroppedManifest): void {
  const { outcomes, events, rows, feed } = manifest;
  if (manifest.problem !== undefined) terminal.line(`It failed: ${manifest.problem}`);
  const row = (count: number, text: string) =>
    terminal.line(`${String(count).padStart(9)}  ${text}`);
  terminal.line(`${rows} rows:`);
  row(
    outcomes.accepted,
    feed === undefined ? `accepted, in ${events.accepted} events` : 'accepted',
  );
  row(outcomes.duplicate, 'duplicate');
  for (const [reason, count] of Object.entries(outcomes.quarantined)) {
    row(count, `quarantined: ${reason}`);
  }
  for (const [reason, count] of Object.entries(outcomes.skipped)) row(count, `skipped: ${reason}`);
  if (manifest.droppedAgainAt !== undefined) {
    terminal.line('The same file was already imported; nothing was sent again.');
  }
  if (manifest.rejects.length > 0) {
    terminal.line(`Rows that could not be converted: ${manifest.rejects.join(', ')}`);
  }
  if (feed !== undefined) {
    terminal.line(`${feed.items} items, ${feed.removed} no longer sold.`);
    if (feed.heldBack !== undefined) {
      terminal.line(`${feed.heldBack.missing} missing items were kept: ${feed.heldBack.reason}`);
    }
  }
  terminal.line(`Manifest: ${manifest.key}`);
}
