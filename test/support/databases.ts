import type { DatabaseServices } from '../../adapters/sources/database-connection.ts';
import { type MysqlConfig, mysqlConfig } from '../../adapters/sources/mysql.ts';
import { type PostgresqlConfig, postgresqlConfig } from '../../adapters/sources/postgresql.ts';
import { contractMapping } from '../contract/connector-contract.ts';
import { ADMINISTRATOR } from './postgresql.ts';

/** The table `customers` on this machine, without TLS, as a pull document would say it. */
export const databaseDocument = {
  host: '127.0.0.1',
  database: 'postgres',
  table: 'customers',
  columns: ['id', 'name', 'changed_at'],
  idColumn: 'id',
  updatedAtColumn: 'changed_at',
  tls: { mode: 'off' },
  mapping: contractMapping,
};

export function postgresqlOf(port: number, changes: object = {}): PostgresqlConfig {
  return postgresqlConfig.parse({ type: 'postgresql', ...databaseDocument, port, ...changes });
}

export function mysqlOf(port: number, changes: object = {}): MysqlConfig {
  return mysqlConfig.parse({ type: 'mysql', ...databaseDocument, port, ...changes });
}

export function databaseServices(changes: Partial<DatabaseServices> = {}): DatabaseServices {
  return { secrets: ADMINISTRATOR, egress: { allowPrivateAddresses: true }, ...changes };
}
