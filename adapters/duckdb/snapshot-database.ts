import { join } from 'node:path';
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { CustomerIndex } from '../../core/training/customer-index.ts';
import type { Interactions } from '../../core/training/interactions.ts';
import { LineWriter } from '../files/line-writer.ts';
import { explainedSpace } from './disk-full.ts';
import { exportedProfiles } from './exported-profiles.ts';
import { type DatabaseOptions, openDatabase } from './open-database.ts';
import {
  CONSENT_SQL,
  CUSTOMERS_SQL,
  DROPS_SQL,
  EVENTS_SQL,
  INTERACTIONS_SQL,
  KEPT_COUNT_SQL,
  parquetSql,
  profiledSql,
  profilesParquetSql,
  REFUNDS_SQL,
  SCHEMA_VERSIONS_SQL,
  storedSql,
  toldSql,
  writeDaySql,
} from './snapshot-sql.ts';

/** What days' rows make: the columns, and what was left out. */
export interface MadeInteractions {
  readonly interactions: Interactions;
  readonly figures: SnapshotFigures;
  readonly profileCount: number;
  /** Events by the version of their schema. */
  readonly schemaVersions: Readonly<Record<string, number>>;
}

/** What a snapshot is made of. */
export interface SnapshotParts {
  /** Days' files. */
  readonly files: readonly string[];
  /** The files of an export of the profiles. */
  readonly profiles: readonly string[];
  /** Where rows of profiles may be put. */
  readonly folder: string;
  /** The dictionary. */
  readonly itemIds: readonly string[];
  /** An interaction later than this is of the future. */
  readonly latestMs: number;
}

export interface SnapshotFigures {
  readonly events: number;
  readonly newestReceivedMs: number | undefined;
  /** By reason, of `snapshotDrops` those that rows tell. */
  readonly dropped: Readonly<Record<(typeof rowDrops)[number], number>>;
}

const rowDrops = [
  'duplicateMessage',
  'duplicateOrder',
  'malformedProduct',
  'malformedTime',
  'futureTime',
  'unknownItem',
  'refunded',
  'noConsent',
  'bot',
] as const;

/** DuckDB as it makes one snapshot: days' lines into files, and days' files into columns. */
export class SnapshotDatabase {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(options: DatabaseOptions): Promise<SnapshotDatabase> {
    const instance = await openDatabase(options);
    return new SnapshotDatabase(instance, await instance.connect());
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /** Makes a day's file of its rows, one JSON object a line; `about` is kept in the file. */
  async writeDay(
    ndjson: string,
    parquet: string,
    about: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#run(writeDaySql(ndjson, parquet, about));
  }

  /** What was said about a day's file when it was written. */
  async about(parquet: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#rows(
      `SELECT key::BLOB::VARCHAR AS key, value::BLOB::VARCHAR AS value FROM parquet_kv_metadata('${parquet.replaceAll("'", "''")}')`,
    );
    return new Map(rows.map(([key, value]) => [String(key), String(value)]));
  }

  /**
   * The interactions of days' files with the items of the catalogue, in the order of `itemIds`, the oldest
   * first; customers are numbered in that order.
   */
  async make({
    files,
    profiles,
    folder,
    itemIds,
    latestMs,
  }: SnapshotParts): Promise<MadeInteractions> {
    await this.#run(storedSql(files));
    for (const statement of EVENTS_SQL) await this.#run(statement);
    const index = await this.#fillOwners();
    const profileCount = await this.#fillProfiles(profiles, index, folder);
    await this.#fill(
      'items',
      'item_id VARCHAR, number UINTEGER',
      itemIds,
      (appender, id, number) => {
        appender.appendVarchar(id);
        appender.appendUInteger(number);
      },
    );
    await this.#run(CONSENT_SQL);
    await this.#run(REFUNDS_SQL);
    await this.#run(toldSql(latestMs));
    const interactions = await this.#interactions(itemIds.length);
    const versions = await this.#rows(SCHEMA_VERSIONS_SQL);
    return {
      interactions,
      figures: await this.#figures(),
      profileCount,
      schemaVersions: Object.fromEntries(
        versions.map(([version, events]) => [String(version), Number(events)]),
      ),
    };
  }

  /** Writes what `make` has made for people and other engines. */
  async writeParquet(interactionsFile: string, profilesFile: string): Promise<void> {
    await this.#run(parquetSql(interactionsFile));
    await this.#run(profilesParquetSql(profilesFile));
  }

  /** Who is who, of every combination of identities that events have. */
  async #fillOwners(): Promise<CustomerIndex> {
    const index = new CustomerIndex();
    const tuples: string[] = [];
    const nodes: number[] = [];
    await this.#each(CUSTOMERS_SQL, (customer) => {
      tuples.push(String(customer));
      nodes.push(index.nodeOfRefs(refsOf(String(customer))));
    });
    await this.#fill('owners', 'customer VARCHAR, owner UINTEGER', tuples, (row, tuple, place) => {
      row.appendVarchar(tuple);
      row.appendUInteger(index.rootOf(nodes[place] as number));
    });
    return index;
  }

  /** What is known of customers, by the same numbers; who they are is forgotten here. */
  async #fillProfiles(
    files: readonly string[],
    index: CustomerIndex,
    folder: string,
  ): Promise<number> {
    const path = join(folder, 'profiles.ndjson');
    const writer = new LineWriter(path);
    let count = 0;
    try {
      for await (const { refs, consent, row } of exportedProfiles(this.#connection, files)) {
        const owner = refs.map((ref) => index.rootOfRef(ref)).find((root) => root !== undefined);
        const said = { granted: consent?.granted, time_ms: consent?.timeMs };
        writer.write(JSON.stringify({ owner, ...said, ...row }));
        count++;
      }
    } catch (error) {
      throw explainedSpace(error);
    } finally {
      writer.close();
    }
    await this.#run(profiledSql(path));
    return count;
  }

  async #interactions(itemCount: number): Promise<Interactions> {
    const [[rows] = []] = await this.#rows(KEPT_COUNT_SQL);
    const count = Number(rows);
    const customers = new Uint32Array(count);
    const items = new Uint32Array(count);
    const timesS = new Uint32Array(count);
    const kinds = new Uint8Array(count);
    const numbers = new Map<number, number>();
    let row = 0;
    await this.#each(INTERACTIONS_SQL, (owner, item, timeS, kind) => {
      const number = numbers.get(Number(owner)) ?? numbers.size;
      numbers.set(Number(owner), number);
      customers[row] = number;
      items[row] = Number(item);
      timesS[row] = Number(timeS);
      kinds[row] = Number(kind);
      row++;
    });
    await this.#fill(
      'numbers',
      'owner UINTEGER, number UINTEGER',
      [...numbers.keys()],
      (appender, owner, number) => {
        appender.appendUInteger(owner);
        appender.appendUInteger(number);
      },
    );
    return { customers, items, timesS, kinds, customerCount: numbers.size, itemCount };
  }

  async #figures(): Promise<SnapshotFigures> {
    const reader = await this.#connection.runAndReadAll(DROPS_SQL);
    const [row = {}] = reader.getRowObjects();
    const newest = row.newest_received_ms;
    const dropped = rowDrops.map((reason) => [reason, Number(row[reason] ?? 0)]);
    return {
      events: Number(row.events),
      newestReceivedMs: newest === null || newest === undefined ? undefined : Number(newest),
      dropped: Object.fromEntries(dropped) as SnapshotFigures['dropped'],
    };
  }

  /** A table of one row per value, with its place. */
  async #fill<Value>(
    name: string,
    columns: string,
    values: readonly Value[],
    append: (appender: DuckDBAppender, value: Value, place: number) => void,
  ): Promise<void> {
    await this.#run(`CREATE TABLE ${name} (${columns})`);
    const appender = await this.#connection.createAppender(name);
    for (const [place, value] of values.entries()) {
      append(appender, value, place);
      appender.endRow();
    }
    appender.closeSync();
  }

  /** Hands over row by row, a chunk of some two thousand in memory. */
  async #each(sql: string, onRow: (...values: unknown[]) => void): Promise<void> {
    try {
      const result = await this.#connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        const columns = chunk.getColumns();
        for (let row = 0; row < chunk.rowCount; row++)
          onRow(...columns.map((column) => column[row]));
      }
    } catch (error) {
      throw explainedSpace(error);
    }
  }

  async #rows(sql: string): Promise<unknown[][]> {
    return (await this.#connection.runAndReadAll(sql)).getRows();
  }

  async #run(sql: string): Promise<void> {
    try {
      await this.#connection.run(sql);
    } catch (error) {
      throw explainedSpace(error);
    }
  }
}

function refsOf(customer: string): string[] {
  const refs: unknown = JSON.parse(customer);
  return Array.isArray(refs) ? refs.map(String) : [];
}
