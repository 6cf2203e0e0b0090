import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from './batch-read.ts';

export interface TableExport<Row extends object> {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** The rows of a page's items; some are none, and some need others that lie elsewhere. */
  readonly rowsOf: (items: readonly StoredItem[]) => Promise<readonly Row[]> | readonly Row[];
  /** Where the rows go, as JSON Lines. */
  readonly file: string;
  readonly rowsMax: number;
}

export interface ExportedTable {
  readonly rows: number;
  /** False where the table has more. */
  readonly isWhole: boolean;
}

/** Writes a table's items to a file, page by page. Eventually consistent: half the price, and good for statistics. */
export async function exportTable<Row extends object>(
  given: TableExport<Row>,
): Promise<ExportedTable> {
  const outcome = { rows: 0, isWhole: true };
  await pipeline(Readable.from(lines(given, outcome)), createWriteStream(given.file));
  return outcome;
}

async function* lines<Row extends object>(
  { client, table, rowsOf, rowsMax }: TableExport<Row>,
  outcome: { rows: number; isWhole: boolean },
): AsyncGenerator<string> {
  for await (const page of paginateScan({ client }, { TableName: table })) {
    let text = '';
    for (const row of await rowsOf(page.Items ?? [])) {
      if (outcome.rows === rowsMax) {
        outcome.isWhole = false;
        if (text !== '') yield text;
        return;
      }
      outcome.rows += 1;
      text += `${JSON.stringify(row)}\n`;
    }
    if (text !== '') yield text;
  }
}
