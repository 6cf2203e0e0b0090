import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from './batch-read.ts';

export interface TableExport<Row extends object> {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Nothing for an item that is no row. */
  readonly rowOf: (item: StoredItem) => Row | undefined;
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
  { client, table, rowOf, rowsMax }: TableExport<Row>,
  outcome: { rows: number; isWhole: boolean },
): AsyncGenerator<string> {
  for await (const page of paginateScan({ client }, { TableName: table })) {
    let text = '';
    for (const item of page.Items ?? []) {
      const row = rowOf(item);
      if (row === undefined) continue;
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
