import {
  DescribeExportCommand,
  type DynamoDBClient,
  type ExportDescription,
  ExportTableToPointInTimeCommand,
} from '@aws-sdk/client-dynamodb';

export interface ExportTarget {
  readonly client: DynamoDBClient;
  readonly tableArn: string;
  readonly bucket: string;
  /** Without a `/` at its end. */
  readonly prefix: string;
}

export type ExportState =
  | { readonly status: 'running'; readonly exportArn: string }
  | { readonly status: 'done'; readonly exportArn: string; readonly manifestKey: string };

/** An export that DynamoDB gave up on, with its reason. */
export class ExportFailed extends Error {
  override readonly name = 'ExportFailed';
}

/**
 * Has a table written to S3 as it is now. It costs by the table's size and takes nothing from its capacity. The
 * token makes a repeated request the same export.
 */
export async function startExport(
  { client, tableArn, bucket, prefix }: ExportTarget,
  token: string,
): Promise<ExportState> {
  const { ExportDescription: begun } = await client.send(
    new ExportTableToPointInTimeCommand({
      TableArn: tableArn,
      S3Bucket: bucket,
      S3Prefix: prefix,
      ExportFormat: 'DYNAMODB_JSON',
      ClientToken: token,
    }),
  );
  if (begun?.ExportArn === undefined) throw new ExportFailed('DynamoDB named no export');
  // A small one may be done by now.
  return exportState(client, begun.ExportArn);
}

/** @throws ExportFailed when it has ended without being done. */
export async function exportState(client: DynamoDBClient, exportArn: string): Promise<ExportState> {
  const { ExportDescription: found } = await client.send(
    new DescribeExportCommand({ ExportArn: exportArn }),
  );
  if (found?.ExportStatus === 'IN_PROGRESS') return { status: 'running', exportArn };
  if (found?.ExportStatus === 'COMPLETED' && found.ExportManifest !== undefined) {
    return { status: 'done', exportArn, manifestKey: found.ExportManifest };
  }
  throw new ExportFailed(`the export of the profiles has failed (${reasonOf(found)})`);
}

function reasonOf(found: ExportDescription | undefined): string {
  return found?.FailureCode ?? found?.ExportStatus ?? 'unknown';
}
