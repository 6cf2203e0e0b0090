import { describe, expect, it } from 'vitest';
import { eventColumns, productColumns } from '../../core/quality/curated-events.ts';
import { resourcesOf, synthesizeAll } from './synthesized.ts';

const service = synthesizeAll().get('Kindred-prod');
if (service === undefined) throw new Error('no stack Kindred-prod');

describe('the tables of the lake', () => {
  it('have all columns of the curated files, and find their partitions by projection', () => {
    const tables = new Map(
      resourcesOf(service, 'AWS::Glue::Table').map(([, { Properties }]) => [
        Properties.TableInput.Name,
        Properties.TableInput,
      ]),
    );
    for (const [name, columns] of [
      ['events', eventColumns],
      ['event_products', productColumns],
    ] as const) {
      const inTable = tables.get(name).StorageDescriptor.Columns;
      expect(inTable.map(({ Name }: { Name: string }) => Name)).toEqual(
        columns.map((column) => column.name),
      );
    }
    expect([...tables.keys()].toSorted()).toEqual([
      'event_products',
      'events',
      'quarantine',
      'raw_events',
      'raw_events_by_source',
    ]);
    for (const { Parameters, PartitionKeys, StorageDescriptor } of tables.values()) {
      expect(Parameters['projection.enabled']).toBe('true');
      const names = PartitionKeys.map(({ Name }: { Name: string }) => Name);
      for (const name of names) expect(Parameters[`projection.${name}.type`]).toBeDefined();
      // Athena refuses a table whose partition is also a column.
      for (const { Name } of StorageDescriptor.Columns) expect(names).not.toContain(Name);
    }
  });
});
