import { basename } from 'node:path';
import { type DuckDBConnection, type DuckDBInstance, DuckDBTypeId } from '@duckdb/node-api';
import { identifier, literal } from '../../core/quality/sql/sql-text.ts';
import type { AuditedTable } from '../../core/quality/sql/table.ts';
import { typedColumns } from '../../core/quality/sql/typed-columns.ts';
import type { Suite } from '../../core/quality/suite.ts';
import { FileError } from '../files/file-error.ts';
import type { StoredFile } from '../files/stored-file.ts';
import { type DatabaseOptions, openDatabase } from './open-database.ts';
import { explainedRead, type Scan, scanOf } from './scan-of.ts';
import { unpackedFile } from './unpacked-file.ts';

/** A data set in one or several files of one kind. */
export interface DatasetFiles {
  /** Its table's name. */
  readonly name: string;
  readonly files: readonly string[];
  readonly columns: Suite['columns'];
  readonly format?: Suite['format'];
  readonly time?: string | undefined;
  /** The day that all rows count for, where they are a state. */
  readonly day?: string | undefined;
  /** SQL over its columns; every row where absent. */
  readonly where?: string | undefined;
}

export interface LoadedTable extends AuditedTable {
  readonly rowCount: number;
  readonly unreadableCount: number;
}

/** Beyond 32 bits they come as texts. */
const wholeNumbers: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UBIGINT,
]);

export type DatabaseRow = Readonly<Record<string, unknown>>;

/**
 * DuckDB in this process, in memory, with nothing installed and nothing reachable but the files it is
 * given. Texts are read into a table, Parquet is asked where it lies.
 */
export class AuditDatabase {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  readonly #folder: string;
  #fileCount = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, folder: string) {
    this.#instance = instance;
    this.#connection = connection;
    this.#folder = folder;
  }

  static async open(options: DatabaseOptions): Promise<AuditDatabase> {
    const instance = await openDatabase(options);
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new AuditDatabase(instance, connection, options.folder);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /**
   * Reads a data set.
   * @throws FileError for a file that is damaged, or hasn't the columns that are declared.
   */
  async load(dataset: DatasetFiles): Promise<LoadedTable> {
    const shown = basename(dataset.files[0] ?? '');
    try {
      const files: StoredFile[] = [];
      for (const path of dataset.files) {
        this.#fileCount += 1;
        files.push(await unpackedFile(path, this.#folder, this.#fileCount));
      }
      return await this.#load(dataset, shown, await scanOf({ ...dataset, files, shown }));
    } catch (error) {
      throw explainedRead(shown, error);
    }
  }

  /** A data set of which there is no file: it has its columns and no row. */
  async loadNone(dataset: Omit<DatasetFiles, 'files' | 'where'>): Promise<LoadedTable> {
    const source = Object.entries(dataset.columns)
      .filter(([, { from }]) => from === undefined)
      .map(([name]) => ({ name, type: 'VARCHAR' }));
    const typed = typedColumns(source, dataset.columns);
    const none = source.map(({ name }) => `NULL::VARCHAR AS ${identifier(name)}`).join(', ');
    await this.#connection.run(
      `CREATE TABLE ${identifier(dataset.name)} AS SELECT\n  ${typed.select}\nFROM (SELECT ${none}) LIMIT 0`,
    );
    const { name, time, day } = dataset;
    return { name, columns: typed.columns, time, day, rowCount: 0, unreadableCount: 0 };
  }

  async #load(dataset: DatasetFiles, shown: string, scan: Scan): Promise<LoadedTable> {
    const source = await this.#sourceColumns(scan.rows);
    const typed = typedColumns(source, dataset.columns);
    const [missing] = typed.missing;
    if (missing !== undefined) {
      throw new FileError(
        `${shown} has no column "${missing}", which the suite declares.`,
        'Correct the name in the suite, or its "format" if the columns look wrong.',
        `Its columns are: ${source.map(({ name }) => name).join(', ')}.`,
      );
    }
    const where = dataset.where === undefined ? '' : `\nWHERE ${dataset.where}`;
    const name = identifier(dataset.name);
    await this.#connection.run(
      `CREATE ${scan.isParquet ? 'VIEW' : 'TABLE'} ${name} AS SELECT\n  ${typed.select}\nFROM ${scan.rows}${where}`,
    );
    const [counts] = await this.rows(`SELECT count(*) AS rows FROM ${name}`);
    const [rejects] = scan.unreadable === undefined ? [] : await this.rows(scan.unreadable);
    return {
      name: dataset.name,
      columns: typed.columns,
      rowNumber: scan.isParquet ? undefined : 'rowid + 1',
      time: dataset.time,
      day: dataset.day,
      rowCount: Number(counts?.rows ?? 0),
      unreadableCount: Number(rejects?.rows ?? 0),
    };
  }

  async #sourceColumns(scan: string): Promise<{ name: string; type: string }[]> {
    const rows = await this.rows(`DESCRIBE SELECT * FROM ${scan}`);
    return rows.map(({ column_name, column_type }) => ({
      name: String(column_name),
      type: String(column_type),
    }));
  }

  /** Shuts every file but those in the folders; nothing can be opened after it, by whatever SQL. */
  async confine(folders: readonly string[]): Promise<void> {
    await this.#connection.run(
      `SET allowed_directories = [${folders.map((folder) => literal(folder)).join(', ')}]`,
    );
    await this.#connection.run('SET enable_external_access = false');
    await this.#connection.run('SET lock_configuration = true');
  }

  /** The rows of an answer as plain values: whole numbers as numbers, dates and times in ISO 8601. */
  async rows(sql: string): Promise<DatabaseRow[]> {
    const reader = await this.#connection.runAndReadAll(sql);
    const columns = reader.deduplicatedColumnNames().map((name, index) => ({
      name,
      isWhole: wholeNumbers.has(reader.columnTypeId(index)),
    }));
    return reader.getRowsJson().map((row) =>
      Object.fromEntries(
        columns.map(({ name, isWhole }, index) => {
          const value = row[index] ?? null;
          return [name, isWhole && value !== null ? Number(value) : value];
        }),
      ),
    );
  }
}
