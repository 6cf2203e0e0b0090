import { DuckDBInstance } from '@duckdb/node-api';

/** Bounds of one database: what is beyond memory goes to the folder, and beyond that it fails. */
export interface DatabaseOptions {
  readonly memoryMb: number;
  readonly threads: number;
  /** An existing folder for what doesn't fit into memory. */
  readonly folder: string;
  /** Of what goes there, at most. */
  readonly folderMb: number;
}

/** DuckDB in this process, in memory, with nothing that it could install or fetch. */
export function openDatabase(options: DatabaseOptions): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryMb}MB`,
    threads: String(options.threads),
    temp_directory: options.folder,
    max_temp_directory_size: `${options.folderMb}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
}
