import { eventColumns, productColumns } from './curated-events.ts';
import type { Suite } from './suite.ts';

/**
 * The data sets that the nightly audit knows, and where each comes from: the day's Parquet of the lake,
 * or a table as it is now.
 */
export type DatasetSource =
  | {
      readonly kind: 'lake';
      readonly table: 'events' | 'event_products';
      /** SQL over its columns; every row where absent. */
      readonly where?: string;
    }
  | { readonly kind: 'table'; readonly table: 'catalogue' | 'profiles' };

export const lakeDatasets = ['events', 'orders', 'customers', 'catalogue', 'interactions'] as const;
export type LakeDataset = (typeof lakeDatasets)[number];

export const datasetSources: Readonly<Record<LakeDataset, DatasetSource>> = {
  events: { kind: 'lake', table: 'events' },
  orders: {
    kind: 'lake',
    table: 'events',
    where: "event IN ('Order Completed', 'Order Refunded', 'Order Cancelled')",
  },
  interactions: { kind: 'lake', table: 'event_products' },
  customers: { kind: 'table', table: 'profiles' },
  catalogue: { kind: 'table', table: 'catalogue' },
};

const columnNames: Readonly<Record<LakeDataset, readonly string[]>> = {
  events: eventColumns.map(({ name }) => name),
  orders: eventColumns.map(({ name }) => name),
  interactions: productColumns.map(({ name }) => name),
  catalogue: [
    ...['item_id', 'title', 'price', 'currency', 'url', 'image_url', 'category', 'brand'],
    ...['available', 'updated_at'],
  ],
  customers: [
    ...['profile_id', 'is_readable', 'identity_count', 'has_user_id', 'trait_count'],
    ...['personalization', 'event_count', 'order_count', 'refund_count'],
    ...['first_seen_at', 'last_seen_at'],
  ],
};

export function isLakeDataset(name: string): name is LakeDataset {
  return lakeDatasets.some((known) => known === name);
}

/** Why the nightly audit can't use a suite, with the remedy; nothing where it can. */
export function lakeProblem(suite: Suite): string | undefined {
  const used = [
    { name: suite.dataset, columns: suite.columns },
    ...Object.entries(suite.references ?? {}).map(([name, { columns }]) => ({ name, columns })),
  ];
  for (const { name, columns } of used) {
    if (!isLakeDataset(name)) {
      return `there is no data set “${name}” in the lake; take one of ${lakeDatasets.join(', ')}, or audit a file with \`kindred audit\``;
    }
    const unknown = Object.entries(columns).find(
      ([column, { from }]) => from === undefined && !columnNames[name].includes(column),
    );
    if (unknown !== undefined) {
      return `${name} has no column “${unknown[0]}”; it has ${columnNames[name].join(', ')}`;
    }
  }
  return undefined;
}

/** The data sets for the documentation, in Markdown. */
export function lakeDatasetsMarkdown(): string {
  const rows = lakeDatasets.map((name) => {
    const source = datasetSources[name];
    const from =
      source.kind === 'lake'
        ? `the day’s \`curated/${source.table}\``
        : `the table of ${source.table === 'profiles' ? 'profiles, in figures' : 'the catalogue'}, as it is now`;
    const columns = columnNames[name].map((column) => `\`${column}\``).join(', ');
    return `| \`${name}\` | ${from} | ${columns} |`;
  });
  return ['| data set | rows | columns |', '| --- | --- | --- |', ...rows].join('\n');
}
