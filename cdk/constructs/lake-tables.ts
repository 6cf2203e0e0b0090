import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { refusalReasons } from '../../core/events/validate-call.ts';
import {
  type ColumnType,
  type CuratedColumn,
  eventColumns,
  productColumns,
} from '../../core/quality/curated-events.ts';
import type { StateStack } from '../stacks/state-stack.ts';
import type { FunctionDefaults } from './node-function.ts';

export interface LakeTablesProps {
  readonly defaults: FunctionDefaults;
  readonly state: StateStack;
}

/** The first day that a partition can have: none is older than the project. */
const FIRST_DAY = '2025-01-01';
/** A query that reads more than this was not meant: at $5 a TB it is a quarter of a dollar. */
const SCANNED_BYTES_MAX = 50_000_000_000;

const glueTypes: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  integer: 'int',
  double: 'double',
  timestamp: 'timestamp',
};

/** The fields of a raw line. Objects are left as their JSON text, whatever is in them. */
const rawColumns = [
  ['schemaversion', 'int'],
  ['messageid', 'string'],
  ['type', 'string'],
  ['event', 'string'],
  ['identities', 'array<struct<kind:string,key:string>>'],
  ['userid', 'string'],
  ['anonymousid', 'string'],
  ['sourcepriority', 'int'],
  ['timestamp', 'string'],
  ['receivedat', 'string'],
  ['properties', 'string'],
  ['traits', 'string'],
  ['context', 'string'],
] as const;

/** The fields of a quarantined call; its reason is a partition. */
const quarantineColumns = [
  ['id', 'string'],
  ['receivedat', 'string'],
  ['source', 'string'],
  ['issues', 'array<struct<path:string,message:string>>'],
  ['schemaversion', 'int'],
  ['type', 'string'],
  ['event', 'string'],
] as const;

/**
 * The lake as tables of Athena, without a crawler: partitions are computed from the query's own
 * conditions (partition projection).
 * Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
export class LakeTables extends Construct {
  readonly databaseName: string;
  readonly workGroupName: string;

  constructor(scope: Construct, id: string, { defaults, state }: LakeTablesProps) {
    super(scope, id);
    const bucketName = state.buckets.lake.bucketName;
    this.databaseName = `kindred_${defaults.environmentName}`;
    this.workGroupName = `kindred-${defaults.environmentName}`;
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Stack.of(this).account,
      databaseInput: { name: this.databaseName, description: 'Kindred: the lake of events' },
    });
    const tables = [
      this.rawTable(bucketName),
      this.rawTableBySource(bucketName),
      this.quarantineTable(state.buckets.quarantine.bucketName),
    ];
    for (const [name, columns] of curatedTables) {
      tables.push(this.curatedTable(bucketName, name, columns));
    }
    for (const table of tables) table.addDependency(database);
    this.addQueries(defaults.root, this.workGroup(bucketName));
  }

  /** All sources of a day at once. */
  private rawTable(bucketName: string): CfnTable {
    return this.table('raw_events', {
      description: 'Every event as it was received, by day of arrival',
      columns: [...rawColumns.map(([name, type]) => ({ name, type })), SOURCE_COLUMN],
      partitions: ['day'],
      location: `s3://${bucketName}/raw/`,
      template: `s3://${bucketName}/raw/day=\${day}/`,
      format: ndjson,
      parameters: {},
    });
  }

  /** One source: the query must name it, and reads nothing else. */
  private rawTableBySource(bucketName: string): CfnTable {
    return this.table('raw_events_by_source', {
      description: 'The same, by day and source; a query must name the source',
      columns: rawColumns.map(([name, type]) => ({ name, type })),
      partitions: ['day', 'source'],
      location: `s3://${bucketName}/raw/`,
      template: `s3://${bucketName}/raw/day=\${day}/source=\${source}/`,
      format: ndjson,
      // Sources are data and come and go; an injected partition takes whatever the query names.
      parameters: { 'projection.source.type': 'injected' },
    });
  }

  /** Refused calls that wait; those that were replayed have left it. */
  private quarantineTable(bucketName: string): CfnTable {
    return this.table('quarantine', {
      description: 'Every refused call that waits, by day of receipt and reason',
      columns: quarantineColumns.map(([name, type]) => ({ name, type })),
      partitions: ['day', 'reason'],
      location: `s3://${bucketName}/quarantine/`,
      template: `s3://${bucketName}/quarantine/day=\${day}/reason=\${reason}/`,
      format: ndjson,
      parameters: {
        'projection.reason.type': 'enum',
        'projection.reason.values': refusalReasons.join(','),
      },
    });
  }

  private curatedTable(
    bucketName: string,
    name: string,
    columns: readonly CuratedColumn<never>[],
  ): CfnTable {
    return this.table(name, {
      description: 'Curated by the nightly compaction, each event once a day',
      columns: columns.map(({ name: column, type, description }) => ({
        name: column,
        type: glueTypes[type],
        comment: description,
      })),
      partitions: ['day'],
      location: `s3://${bucketName}/curated/${name}/`,
      template: `s3://${bucketName}/curated/${name}/day=\${day}/`,
      format: parquet,
      parameters: {},
    });
  }

  private table(name: string, definition: TableDefinition): CfnTable {
    const { format, columns, partitions, location, template } = definition;
    return new CfnTable(this, `Table-${name}`, {
      catalogId: Stack.of(this).account,
      databaseName: this.databaseName,
      tableInput: {
        name,
        description: definition.description,
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: partitions.map((partition) => ({ name: partition, type: 'string' })),
        storageDescriptor: { location, columns: [...columns], ...format },
        parameters: {
          EXTERNAL: 'TRUE',
          'projection.enabled': 'true',
          'projection.day.type': 'date',
          'projection.day.format': 'yyyy-MM-dd',
          'projection.day.range': `${FIRST_DAY},NOW`,
          'storage.location.template': template,
          ...definition.parameters,
        },
      },
    });
  }

  private workGroup(bucketName: string): CfnWorkGroup {
    return new CfnWorkGroup(this, 'WorkGroup', {
      name: this.workGroupName,
      description: 'Queries over the lake of events',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: SCANNED_BYTES_MAX,
        resultConfiguration: {
          outputLocation: `s3://${bucketName}/athena/`,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
  }

  /** Each file of cdk/queries is a saved query; its first lines are its description. */
  private addQueries(root: string, workGroup: CfnWorkGroup): void {
    for (const { name, description, sql } of readyQueries(root)) {
      new CfnNamedQuery(this, `Query-${name}`, {
        name,
        description,
        database: this.databaseName,
        workGroup: this.workGroupName,
        queryString: sql,
      }).addDependency(workGroup);
    }
  }
}

export interface ReadyQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

export function readyQueries(root: string): ReadyQuery[] {
  const folder = join(root, 'cdk', 'queries');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const sql = readFileSync(join(folder, file), 'utf8');
      const comments = sql.split('\n').filter((line) => line.startsWith('-- '));
      const description = comments.map((line) => line.slice(3)).join(' ');
      return { name: basename(file, '.sql'), description, sql };
    });
}

interface TableDefinition {
  readonly description: string;
  readonly columns: readonly { name: string; type: string; comment?: string }[];
  readonly partitions: readonly string[];
  readonly location: string;
  readonly template: string;
  readonly format: typeof ndjson | typeof parquet;
  readonly parameters: Readonly<Record<string, string>>;
}

const SOURCE_COLUMN = { name: 'source', type: 'string' } as const;

const curatedTables: readonly (readonly [string, readonly CuratedColumn<never>[]])[] = [
  ['events', eventColumns],
  ['event_products', productColumns],
];

const ndjson = {
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  serdeInfo: {
    // Names are matched without regard to case, and a damaged line is one row of nulls.
    serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
    parameters: { 'ignore.malformed.json': 'true' },
  },
};

const parquet = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serdeInfo: {
    serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
};
