import { createMysqlConnector } from '../../adapters/sources/mysql.ts';
import { databaseServices, mysqlOf } from '../support/databases.ts';
import { type MysqlWire, startMysqlWire, timeText } from '../support/mysql-wire.ts';
import { describeConnector } from './connector-contract.ts';

let wire: MysqlWire;

describeConnector('MySQL’s wire', {
  start: async () => {
    wire = await startMysqlWire();
    wire.tables.exec('CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, changed_at TEXT)');
    wire.columns.set('id', { columnType: 8 });
    wire.columns.set('changed_at', { columnType: 12, characterSet: 63 });
  },
  stop: () => wire.stop(),
  clear: async () => wire.tables.exec('DELETE FROM customers'),
  put: async (records) => {
    const insert = wire.tables.prepare('INSERT OR REPLACE INTO customers VALUES (?, ?, ?)');
    for (const { id, name, changedAtMs } of records)
      insert.run(id, name, timeText(changedAtMs * 1000));
  },
  connect: () => createMysqlConnector(mysqlOf(wire.port), databaseServices()),
});
