import * as z from 'zod';
import { eventType } from '../events/event.ts';
import { MappingError } from './mapping-error.ts';

/**
 * A mapping document: how the rows of a file become events, or items of the catalogue. Rows are read in order, each is skipped
 * by the first rule that applies, the others are grouped and each group becomes one event. Unknown
 * keys are refused, so that a misspelt option is never silently ignored.
 */

const format = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('csv'),
    delimiter: z.string().length(1).default(','),
    encoding: z.enum(['utf-8', 'latin1']).default('utf-8'),
  }),
  z.strictObject({
    type: z.literal('tsv'),
    encoding: z.enum(['utf-8', 'latin1']).default('utf-8'),
  }),
  z.strictObject({ type: z.literal('jsonl') }),
  z.strictObject({ type: z.literal('parquet') }),
  z.strictObject({
    type: z.literal('xml'),
    /** Name of the element that is a row, without a prefix: `item` in RSS, `entry` in Atom. */
    row: z.string().min(1),
    encoding: z.enum(['utf-8', 'latin1']).default('utf-8'),
  }),
]);

/** A value that a table gives for another; `null` for none. */
const tableValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
/** A table is written by hand; longer ones belong into the file itself. */
const TABLE_ENTRIES_MAX = 1_000;

/** A named value of a row: from a column, constant, or computed from fields named before it. */
const field = z.union([
  z.strictObject({ column: z.string(), type: z.literal('string') }),
  z.strictObject({
    column: z.string(),
    type: z.enum(['number', 'integer']),
    /** The number without its sign: exports write what comes back as negative quantities. */
    absolute: z.boolean().default(false),
    /** From the file's unit to ours, e.g. 0.01 from cents. */
    multiplyBy: z.number().optional(),
    optional: z.boolean().default(false),
  }),
  z.strictObject({
    column: z.string(),
    type: z.literal('boolean'),
    /** What the file writes, in any case of letters. */
    true: z.array(z.string()).min(1).default(['true', 'yes', 'y', 't', '1']),
    false: z.array(z.string()).min(1).default(['false', 'no', 'n', 'f', '0']),
    optional: z.boolean().default(false),
  }),
  z.strictObject({
    column: z.string(),
    type: z.literal('date'),
    /** `iso`, `epoch-ms`, `epoch-s`, or a pattern of yyyy MM dd HH mm ss, e.g. `dd/MM/yyyy HH:mm`. */
    format: z.string().min(1),
    /** For patterns: `UTC`, an offset such as `+01:00`, or a name such as `Europe/London`. */
    zone: z.string().default('UTC'),
  }),
  z.strictObject({
    column: z.string(),
    /**
     * `amount` and `currency` are the two halves of a price such as `12.50 GBP`; `interval` is a time from
     * and a time to, with a slash between them (ISO 8601).
     */
    type: z.enum(['amount', 'currency', 'interval']),
    optional: z.boolean().default(false),
  }),
  z.strictObject({
    /** The first of these fields, defined before it, that has a value. */
    firstOf: z.array(z.string()).min(1),
  }),
  z.strictObject({ constant: z.union([z.string(), z.number(), z.boolean()]) }),
  z.strictObject({ multiply: z.tuple([z.string(), z.string()]) }),
  z.strictObject({
    /** A field defined before it, whose value is looked up. */
    lookup: z.string(),
    values: z
      .record(z.string(), tableValue)
      .refine((table) => Object.keys(table).length <= TABLE_ENTRIES_MAX, {
        message: `has more than ${TABLE_ENTRIES_MAX} entries`,
      }),
    /** For values that the table doesn't have; without it such a row is refused. */
    default: tableValue.optional(),
  }),
]);
export type FieldMapping = z.infer<typeof field>;

const pattern = z.string().refine(isPattern, { message: 'is not a regular expression' });

/** What must hold of a field; with several keys, all of them. */
const condition = z.strictObject({
  field: z.string(),
  isEmpty: z.boolean().optional(),
  matches: pattern.optional(),
  notMatches: pattern.optional(),
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
});
export type Condition = z.infer<typeof condition>;

/** A part of the event: a constant, a field of the group's first row, a sum over its rows, or an object of parts. */
const template: z.ZodType<Template> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.strictObject({ field: z.string() }),
    z.strictObject({ sum: z.string(), decimals: z.number().int().min(0).max(6) }),
    z.strictObject({ lines: z.record(z.string(), z.string()) }),
    z.strictObject({ object: z.record(z.string(), template) }),
  ]),
);
export type Template =
  | string
  | number
  | boolean
  | { field: string }
  | { sum: string; decimals: number }
  /** One object per row: property → field. */
  | { lines: Record<string, string> }
  | { object: Record<string, Template> };

const eventMapping = z.strictObject({
  /** The first event whose conditions hold for the group's first row; without conditions, always. */
  when: z.array(condition).default([]),
  type: eventType.default('track'),
  event: z.string().optional(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  timestamp: z.string(),
  properties: z.record(z.string(), template).optional(),
  traits: z.record(z.string(), template).optional(),
});
export type EventMapping = z.infer<typeof eventMapping>;

/** A removal of more than a fifth of a catalogue is an export gone wrong far more often than a decision. */
const REMOVED_SHARE_MAX = 0.2;

/** How a row becomes an item of the catalogue: names of fields, all but the id optional. */
const itemMapping = z.strictObject({
  itemId: z.string(),
  /** When the row's product was changed; without it, when the file was dropped. */
  timestamp: z.string().optional(),
  title: z.string().optional(),
  url: z.string().optional(),
  imageUrl: z.string().optional(),
  category: z.string().optional(),
  brand: z.string().optional(),
  price: z.string().optional(),
  currency: z.string().optional(),
  /** Stands for the price while it is in force: within `salePeriod`, or always where there is none. */
  salePrice: z.string().optional(),
  saleCurrency: z.string().optional(),
  salePeriod: z.string().optional(),
  available: z.string().optional(),
  isAdult: z.string().optional(),
  /** Whether the file has all of the source's items, so that what it lacks is no longer sold. */
  isFull: z.boolean().default(false),
  /** The share of the source's items that one file may take away; above it, it takes none. */
  removedShareMax: z.number().min(0).max(1).default(REMOVED_SHARE_MAX),
});
export type ItemMapping = z.infer<typeof itemMapping>;

/** The parts of a document that name fields. */
interface FieldUsers {
  readonly fields: Readonly<Record<string, FieldMapping>>;
  readonly skip: readonly { readonly when: readonly Condition[] }[];
  readonly group?: { readonly by: readonly string[] } | undefined;
  readonly events: readonly EventMapping[];
  readonly items?: ItemMapping | undefined;
}

/** A mapping document, checked as a whole. */
export const mappingDocument = z
  .strictObject({
    /** Part of every message id: the same rows under the same id are the same events. */
    id: z.string().min(1).max(100),
    description: z.string().optional(),
    format,
    fields: z.record(z.string(), field),
    /** What equal rows of one group are: lines of their own, or the same line exported twice. */
    duplicateRows: z.enum(['keep', 'drop']).default('keep'),
    skip: z
      .array(z.strictObject({ reason: z.string().min(1), when: z.array(condition).min(1) }))
      .default([]),
    /** Rows with equal values in these fields become one event; without it every row is an event. */
    group: z
      .strictObject({
        by: z.array(z.string()).min(1),
        /** How many other rows may stand between two rows of a group; 0 when they are always adjacent. */
        windowRows: z.number().int().min(0).max(100_000).default(0),
      })
      .optional(),
    /** Columns of a CSV or TSV that it may lack; their cells are then empty. */
    optionalColumns: z.array(z.string()).default([]),
    events: z.array(eventMapping).default([]),
    items: itemMapping.optional(),
  })
  .refine(({ events, items }) => events.length > 0 !== (items !== undefined), {
    path: ['events'],
    message: 'a mapping makes either events or items; define one of them',
  })
  .refine((document) => document.duplicateRows === 'keep' || document.group !== undefined, {
    path: ['duplicateRows'],
    message: 'equal rows can only be dropped within a group; add "group"',
  })
  .superRefine((document, context) => {
    const unknown = fieldsUsedIn(document).find((used) => !Object.hasOwn(document.fields, used));
    if (unknown === undefined) return;
    const message = `uses a field "${unknown}" that it doesn't define; define it under "fields". There are: ${Object.keys(document.fields).join(', ')}`;
    context.addIssue({ code: 'custom', message });
  });
export type Mapping = z.output<typeof mappingDocument>;

/** @throws MappingError naming the place of each mistake. */
export function parseMapping(text: string, name: string): Mapping {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new MappingError(`${name} is not JSON: ${reason}`, 'Repair the document; see examples/.');
  }
  const parsed = mappingDocument.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new MappingError(
    `${name} is not a mapping document:\n${z.prettifyError(parsed.error)}`,
    'Compare it with examples/online-retail.mapping.json.',
  );
}

/** The columns that a mapping reads. */
export function columnsOf(document: Mapping): string[] {
  const columns = Object.values(document.fields).flatMap((one) =>
    'column' in one ? [one.column] : [],
  );
  return [...new Set(columns)];
}

function fieldsOfField(field: FieldMapping): readonly string[] {
  if ('multiply' in field) return field.multiply;
  if ('firstOf' in field) return field.firstOf;
  return 'lookup' in field ? [field.lookup] : [];
}

function fieldsUsedIn(document: FieldUsers): string[] {
  const used = [
    ...document.skip.flatMap((rule) => rule.when.map((one) => one.field)),
    ...(document.group?.by ?? []),
    ...Object.values(document.fields).flatMap(fieldsOfField),
  ];
  const { isFull: _, removedShareMax: __, ...itemFields } = document.items ?? {};
  used.push(...Object.values(itemFields).flatMap((name) => name ?? []));
  for (const event of document.events) {
    used.push(event.timestamp, ...event.when.map((one) => one.field));
    if (event.userId !== undefined) used.push(event.userId);
    if (event.anonymousId !== undefined) used.push(event.anonymousId);
    for (const part of [event.properties, event.traits]) {
      if (part !== undefined) used.push(...fieldsOfTemplate({ object: part }));
    }
  }
  return used;
}

function fieldsOfTemplate(part: Template): string[] {
  if (typeof part !== 'object') return [];
  if ('field' in part) return [part.field];
  if ('sum' in part) return [part.sum];
  if ('lines' in part) return Object.values(part.lines);
  return Object.values(part.object).flatMap(fieldsOfTemplate);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
