import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditDatabase, LoadedTable } from '../../adapters/duckdb/audit-database.ts';
import type { StoredItem } from '../../adapters/dynamodb/batch-read.ts';
import { withColdItems } from '../../adapters/dynamodb/profile-store.ts';
import { exportTable } from '../../adapters/dynamodb/table-export.ts';
import { downloadDay, firstCuratedDay } from '../../adapters/s3/curated-download.ts';
import type { CuratedStore } from '../../adapters/s3/curated-store.ts';
import { datasetSources, isLakeDataset } from '../../core/quality/lake-datasets.ts';
import { catalogueRow, customerRow, type StateRow } from '../../core/quality/state-rows.ts';
import type { Suite } from '../../core/quality/suite.ts';

export interface AuditBounds {
  /** Of DuckDB alone. */
  readonly memoryMb: number;
  readonly threads: number;
  /** Space for the files of a data set and for what DuckDB puts out of memory, each. */
  readonly diskMb: number;
  /** Rows of a table that are looked at. */
  readonly tableRowsMax: number;
}

export interface AuditSources {
  readonly curated: CuratedStore;
  readonly dynamoDb: DynamoDBClient;
  readonly tables: { readonly catalogue: string; readonly profiles: string };
  readonly bounds: AuditBounds;
}

/** Where a data set is to be put. */
export interface AuditPlace {
  readonly database: AuditDatabase;
  readonly folder: string;
  readonly day: string;
}

export interface LoadedDataset {
  /** What was read, for people. */
  readonly data: string;
  readonly table: LoadedTable;
  /** Whether the lake has rows of that day or of one before. */
  readonly hasCome: boolean;
}

export type DatasetLoader = (
  name: string,
  suite: Pick<Suite, 'columns' | 'time' | 'isState'>,
  place: AuditPlace,
) => Promise<LoadedDataset>;

/** Brings data sets of the lake and the tables to DuckDB. */
export function datasetLoader(sources: AuditSources): DatasetLoader {
  return async (name, suite, place) => {
    if (!isLakeDataset(name)) throw new Error(`there is no data set ${name} in the lake`);
    const { database, folder, day } = place;
    const dataset = {
      name,
      columns: suite.columns,
      ...(suite.isState === true ? { day } : { time: suite.time }),
    };
    const source = datasetSources[name];
    if (source.kind === 'table') {
      const { data, file } = await exported(source.table, folder, sources);
      // A file without a line says nothing of columns.
      if (file === undefined) {
        return { data, table: await database.loadNone(dataset), hasCome: false };
      }
      return { data, table: await database.load({ ...dataset, files: [file] }), hasCome: true };
    }
    const { table, where } = source;
    const bytesMax = sources.bounds.diskMb * 1024 ** 2;
    const files = await downloadDay(sources.curated, { table, day, folder, bytesMax });
    const data = `the lake, ${day}`;
    if (files.length > 0) {
      return { data, table: await database.load({ ...dataset, files, where }), hasCome: true };
    }
    const firstDay = await firstCuratedDay(sources.curated, table);
    const hasCome = firstDay !== undefined && firstDay <= day;
    return { data, table: await database.loadNone(dataset), hasCome };
  };
}

async function exported(
  table: 'catalogue' | 'profiles',
  folder: string,
  { dynamoDb, tables, bounds }: AuditSources,
): Promise<{ data: string; file: string | undefined }> {
  const file = join(folder, `${table}.ndjson`);
  const { rows, isWhole } = await exportTable({
    client: dynamoDb,
    table: tables[table],
    file,
    rowsMax: bounds.tableRowsMax,
    rowsOf: (items) =>
      table === 'catalogue'
        ? items.map((item) => catalogueRow(unmarshall(item)))
        : customerRows(dynamoDb, tables.profiles, items),
  });
  const shown = table === 'catalogue' ? 'the catalogue' : 'the profiles';
  return {
    file: rows > 0 ? file : undefined,
    data: isWhole ? `${shown}, all of them` : `the first ${rows} of ${shown}`,
  };
}

/** The profiles whose hot items are among these: a page may hold the one item of a profile and not the other. */
async function customerRows(
  client: DynamoDBClient,
  table: string,
  items: readonly StoredItem[],
): Promise<StateRow[]> {
  const stored = await withColdItems(client, table, items);
  return [...stored].flatMap(([profileId, each]) => {
    const row = customerRow(profileId, each);
    return row === undefined ? [] : [row];
  });
}
