/** The reference of exported recommendations: columns, and the statements by which warehouses load them. */
import type { ColumnType, CuratedColumn } from '../quality/curated-events.ts';
import { curatedTableMarkdown } from '../quality/curated-events.ts';
import { customerColumns, type ExportList, itemColumns } from './exported-rows.ts';

export const RECOMMENDATION_EXPORTS_PATH = 'docs/reference/recommendation-exports.md';

interface WarehouseTable {
  readonly list: ExportList;
  readonly name: string;
  readonly columns: readonly Pick<CuratedColumn<never>, 'name' | 'type' | 'description'>[];
}

export const warehouseTables: readonly WarehouseTable[] = [
  { list: 'customers', name: 'customer_recommendations', columns: customerColumns },
  { list: 'items', name: 'item_recommendations', columns: itemColumns },
];

const snowflakeTypes: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  integer: 'INTEGER',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP_NTZ',
};
const bigQueryTypes: Readonly<Record<ColumnType, string>> = {
  string: 'STRING',
  integer: 'INT64',
  double: 'FLOAT64',
  timestamp: 'TIMESTAMP',
};

const head = `# Recommendations as files

<!-- Written by \`npm run schemas\` from the columns that the files are made of. -->

\`npx kindred export recommendations\` writes the lists of customers and of items to the lake's bucket:

\`\`\`
exports/<model id>/<export id>/manifest.json
exports/<model id>/<export id>/customers/{jsonl,csv,parquet}/part-<piece>-<part>.{jsonl.gz,csv.gz,parquet}
exports/<model id>/<export id>/items/{jsonl,csv,parquet}/part-<piece>-<part>.{jsonl.gz,csv.gz,parquet}
\`\`\`

Colons of the model's id are hyphens in the path. A row is one item of one list. The manifest is written last: it
names each file with its rows, bytes and SHA-256, and counts customers and items. Load nothing before it is there. How
to start an export, what is in it of whom, and how long it is kept:
[export recommendations](../how-to/export-recommendations.md).

In the statements below, \`<lake bucket>\` is \`LakeBucketName\` of the stack's outputs, and \`<folder>\` is
\`<model id>/<export id>\` of one export.
`;

export function recommendationExportsMarkdown(): string {
  const sections = warehouseTables.map((table) =>
    [`## \`${table.list}/\``, '', curatedTableMarkdown(table.columns), ''].join('\n'),
  );
  return `${[
    head,
    ...sections,
    '## Snowflake',
    '',
    snowflakeStart,
    ...warehouseTables.map(snowflakeMarkdown),
    '## BigQuery',
    '',
    bigQueryStart,
    ...warehouseTables.map(bigQueryMarkdown),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

const snowflakeStart = `A storage integration lets Snowflake's role read \`exports/\` of the bucket and nothing else
(\`s3:GetObject\` on \`exports/*\`, \`s3:ListBucket\` with that prefix).

${sql(`CREATE STAGE kindred_exports
  URL = 's3://<lake bucket>/exports/'
  STORAGE_INTEGRATION = kindred;`)}
`;

const bigQueryStart = `BigQuery reads S3 over a connection of BigQuery Omni, here \`aws-eu-west-1.kindred\`, whose role
may read \`exports/\` of the bucket and nothing else. Without Omni, copy the folder with Storage Transfer Service, write
\`gs://\` for \`s3://\`, and leave the line \`WITH CONNECTION\` out.
`;

function snowflakeMarkdown({ list, name, columns }: WarehouseTable): string {
  const typed = columns.map((column) => `  ${column.name} ${snowflakeTypes[column.type]}`);
  const outside = columns.map(
    (column) =>
      `  ${column.name} ${snowflakeTypes[column.type]} AS (value:${column.name}::${snowflakeTypes[column.type]})`,
  );
  const copy = (format: string, options: string) => `COPY INTO kindred_${name}
  FROM '@kindred_exports/<folder>/${list}/${format}/'
  FILE_FORMAT = (${options})
  MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE;`;
  return [
    `### Snowflake: ${list}`,
    '',
    sql(`CREATE TABLE kindred_${name} (\n${typed.join(',\n')}\n);`),
    '',
    'One of these, by the form that you load:',
    '',
    sql(copy('parquet', 'TYPE = PARQUET USE_LOGICAL_TYPE = TRUE')),
    '',
    sql(copy('jsonl', 'TYPE = JSON COMPRESSION = GZIP')),
    '',
    sql(
      copy(
        'csv',
        `TYPE = CSV COMPRESSION = GZIP PARSE_HEADER = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '"'`,
      ),
    ),
    '',
    'Without loading:',
    '',
    sql(`CREATE EXTERNAL TABLE kindred_${name}_files (\n${outside.join(',\n')}\n)
  LOCATION = @kindred_exports/<folder>/${list}/parquet/
  FILE_FORMAT = (TYPE = PARQUET)
  AUTO_REFRESH = FALSE;`),
    '',
  ].join('\n');
}

function bigQueryMarkdown({ list, name, columns }: WarehouseTable): string {
  const typed = columns
    .map(
      ({ name: column, type, description }) =>
        `  ${column} ${bigQueryTypes[type]} OPTIONS (description = ${JSON.stringify(description)})`,
    )
    .join(',\n');
  const bare = columns
    .map(({ name: column, type }) => `  ${column} ${bigQueryTypes[type]}`)
    .join(',\n');
  const load = (format: string, ending: string, options: string) =>
    `LOAD DATA INTO kindred.${name}
FROM FILES (
  format = '${options}
  uris = ['s3://<lake bucket>/exports/<folder>/${list}/${format}/*${ending}']
)
WITH CONNECTION \`aws-eu-west-1.kindred\`;`;
  return [
    `### BigQuery: ${list}`,
    '',
    sql(`CREATE TABLE kindred.${name} (\n${typed}\n);`),
    '',
    'One of these, by the form that you load:',
    '',
    sql(load('parquet', '.parquet', `PARQUET',`)),
    '',
    sql(load('jsonl', '.jsonl.gz', `JSON',\n  compression = 'GZIP',`)),
    '',
    sql(load('csv', '.csv.gz', `CSV',\n  compression = 'GZIP',\n  skip_leading_rows = 1,`)),
    '',
    'Without loading:',
    '',
    sql(`CREATE EXTERNAL TABLE kindred.${name}_files (\n${bare}\n)
WITH CONNECTION \`aws-eu-west-1.kindred\`
OPTIONS (
  format = 'PARQUET',
  uris = ['s3://<lake bucket>/exports/<folder>/${list}/parquet/*.parquet']
);`),
    '',
  ].join('\n');
}

function sql(text: string): string {
  return `\`\`\`sql\n${text}\n\`\`\``;
}
