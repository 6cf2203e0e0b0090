/**
 * The columns of exported recommendations: a row is one item of one list. Files, table definitions for warehouses
 * and the reference all come from these lists. A column is only ever added at the end.
 */
import type { CuratedColumn } from '../quality/curated-events.ts';
import type { Recommendation, RecommendedItem } from './recommendation.ts';

/** One item of a customer's list. */
export interface CustomerRow {
  readonly customer: string;
  /** `kind#hmac`, as the lake's column `customer` has them. */
  readonly identities: readonly string[];
  readonly recommendation: Omit<Recommendation, 'items'>;
  readonly item: RecommendedItem;
  /** From 1. */
  readonly rank: number;
}

/** One item of the list that goes with another item. */
export interface ItemRow {
  readonly itemId: string;
  readonly placement: string;
  readonly model: string;
  readonly generatedAt: string;
  readonly item: RecommendedItem;
  /** From 1. */
  readonly rank: number;
}

export const exportLists = ['customers', 'items'] as const;
export type ExportList = (typeof exportLists)[number];

export const customerColumns: readonly CuratedColumn<CustomerRow>[] = [
  {
    name: 'customer',
    type: 'string',
    description: 'Id of the profile; `customer` of the API takes it too',
    of: ({ customer }) => customer,
  },
  {
    name: 'identities',
    type: 'string',
    description:
      'The customer’s identities, `kind#hash` each, separated by spaces: what the lake’s `customer` holds',
    of: ({ identities }) => identities.join(' '),
  },
  {
    name: 'rank',
    type: 'integer',
    description: 'Place in the list, from 1',
    of: ({ rank }) => rank,
  },
  ...shownColumns<CustomerRow>(({ item }) => item),
  {
    name: 'reason',
    type: 'string',
    description: 'Why this item, as an email may say it',
    of: ({ item }) => item.reason,
  },
  {
    name: 'source',
    type: 'string',
    description: 'The rung of the ladder that gave the list: personal, recent, trending, popular',
    of: ({ recommendation }) => recommendation.source,
  },
  ...originColumns<CustomerRow>(({ recommendation: { placement, model, generated_at } }) => ({
    placement,
    model,
    generatedAt: generated_at,
  })),
];

export const itemColumns: readonly CuratedColumn<ItemRow>[] = [
  {
    name: 'for_item_id',
    type: 'string',
    description: 'The item that the list goes with',
    of: ({ itemId }) => itemId,
  },
  {
    name: 'rank',
    type: 'integer',
    description: 'Place in the list, from 1',
    of: ({ rank }) => rank,
  },
  ...shownColumns<ItemRow>(({ item }) => item),
  ...originColumns<ItemRow>((row) => row),
];

/** The item, as the API answers it. */
function shownColumns<Row>(itemOf: (row: Row) => RecommendedItem): CuratedColumn<Row>[] {
  const text = (name: Exclude<keyof RecommendedItem, 'price'>, description: string) => ({
    name,
    type: 'string' as const,
    description,
    of: (row: Row) => itemOf(row)[name],
  });
  return [
    text('item_id', 'The recommended item'),
    text('title', 'Its title'),
    {
      name: 'price',
      type: 'double',
      description: 'In major units; null where the catalogue has none',
      of: (row) => itemOf(row).price ?? undefined,
    },
    text('price_text', 'The price as the placement’s locale writes it'),
    text('currency', 'ISO 4217; empty where unknown'),
    text('url', 'The item’s page'),
    text('click_url', 'The address to link to'),
    text('image_url', 'Its image; empty where there is none'),
  ];
}

function originColumns<Row>(
  originOf: (row: Row) => {
    readonly placement: string;
    readonly model: string;
    readonly generatedAt: string;
  },
): CuratedColumn<Row>[] {
  return [
    {
      name: 'placement',
      type: 'string',
      description: 'The placement whose ladder and rules chose',
      of: (row) => originOf(row).placement,
    },
    {
      name: 'model',
      type: 'string',
      description: 'Id of the model',
      of: (row) => originOf(row).model,
    },
    {
      name: 'generated_at',
      type: 'timestamp',
      description: 'When the export was started, UTC; the same in all of its files',
      of: (row) => new Date(originOf(row).generatedAt),
    },
  ];
}
