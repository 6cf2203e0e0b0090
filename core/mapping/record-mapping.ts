import type { EventType } from '../events/event.ts';
import { isJsonObject } from '../events/json-value.ts';
import { type Conversion, converted } from './conversion.ts';

/** How a record of a vendor becomes a fact of the catalogue; targets are an item's own fields. */
export type ProductMapping = Omit<RecordMapping, 'call'>;

/**
 * How a record of a vendor becomes a call: as data, so that the documentation's table of the unified
 * schema is generated from the very rules that run.
 */
export interface RecordMapping {
  /** Vendor and kind of record, e.g. `stripe/customer`, `sendgrid/open`. */
  readonly id: string;
  /** For the documentation, e.g. `Stripe: customers`. */
  readonly title: string;
  /** The vendor's page that describes the record. */
  readonly source: string;
  readonly call: { readonly type: EventType; readonly event?: string };
  readonly fields: readonly FieldRule[];
}

/** One target field: copied from the record, or constant. */
export type FieldRule = CopiedField | ConstantField;

export interface CopiedField {
  /** Path in the record, e.g. `customer.id` or `lineItems[].sku`; of several the first that is there. */
  readonly from: string | readonly string[];
  /** Path in the call, e.g. `userId`, `traits.email`, `properties.products[].sku`. */
  readonly to: string;
  /** Default: as it is. */
  readonly as?: Conversion;
  /** Put before the value, so that ids which are unique at one vendor alone stay apart from others'. */
  readonly prefix?: string;
}

export interface ConstantField {
  readonly value: string | number | boolean;
  readonly to: string;
}

/**
 * The call that a mapping makes of a record, without a message id. What can't be converted is copied as
 * it came, so that validation refuses it by name; what isn't there is left out.
 */
export function mapRecord(mapping: RecordMapping, record: unknown): Record<string, unknown> {
  return { ...mapping.call, ...mapFields(mapping.fields, record) };
}

/** What the rules alone make of a record. */
export function mapFields(fields: readonly FieldRule[], record: unknown): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const rule of fields) {
    if ('value' in rule) assign(made, rule.to, rule.value);
    else copy(record, rule, made);
  }
  return made;
}

/** The value at a dotted path without `[]`, or undefined; inherited properties are not data. */
export function valueAtPath(record: unknown, path: string): unknown {
  let value = record;
  for (const step of path.split('.')) {
    if (Array.isArray(value) && /^\d+$/.test(step)) value = value[Number(step)];
    else if (isJsonObject(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

const ARRAY_MARK = '[]';

function copy(record: unknown, rule: CopiedField, call: Record<string, unknown>): void {
  const paths = typeof rule.from === 'string' ? [rule.from] : rule.from;
  for (const path of paths) {
    if (path.includes(ARRAY_MARK)) {
      copyEntries(record, paths, rule, call);
      return;
    }
    const value = valueAtPath(record, path);
    if (value === undefined || value === null || value === '') continue;
    const copied = converted(value, rule.as);
    assign(call, rule.to, rule.prefix === undefined ? copied : `${rule.prefix}${copied}`);
    return;
  }
}

/** `lines[].sku` → `properties.products[].sku`: entry by entry, at the same place. All paths name one list. */
function copyEntries(
  record: unknown,
  paths: readonly string[],
  { to, as }: CopiedField,
  call: Record<string, unknown>,
): void {
  const [listPath = ''] = (paths[0] ?? '').split(`${ARRAY_MARK}.`);
  const inners = paths.map((path) => path.slice(listPath.length + `${ARRAY_MARK}.`.length));
  const [targetPath = '', targetInner = ''] = to.split(`${ARRAY_MARK}.`);
  const list = valueAtPath(record, listPath);
  if (!Array.isArray(list)) return;
  const known = valueAtPath(call, targetPath);
  const entries = Array.isArray(known) ? known : list.map(() => ({}));
  if (known === undefined) assign(call, targetPath, entries);
  for (const [index, entry] of list.entries()) {
    const target = entries[index];
    const value = inners
      .map((inner) => valueAtPath(entry, inner))
      .find((found) => found !== undefined && found !== null && found !== '');
    if (value === undefined || !isJsonObject(target)) continue;
    assign(target, targetInner, converted(value, as));
  }
}

function assign(target: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let place = target;
  for (const step of steps) {
    const next = place[step];
    if (isJsonObject(next)) place = next;
    else {
      const made: Record<string, unknown> = {};
      place[step] = made;
      place = made;
    }
  }
  place[last] = value;
}
