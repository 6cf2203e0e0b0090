import type { EventType } from '../events/event.ts';
import { isJsonObject } from '../events/json-value.ts';
import { type Conversion, converted } from './conversion.ts';

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
  const call: Record<string, unknown> = { ...mapping.call };
  for (const rule of mapping.fields) {
    if ('value' in rule) assign(call, rule.to, rule.value);
    else copy(record, rule, call);
  }
  return call;
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
      copyEntries(record, path, rule, call);
      return;
    }
    const value = valueAtPath(record, path);
    if (value === undefined || value === null || value === '') continue;
    assign(call, rule.to, converted(value, rule.as));
    return;
  }
}

/** `lines[].sku` → `properties.products[].sku`: entry by entry, at the same place. */
function copyEntries(
  record: unknown,
  path: string,
  { to, as }: CopiedField,
  call: Record<string, unknown>,
): void {
  const [listPath = '', inner = ''] = path.split(`${ARRAY_MARK}.`);
  const [targetPath = '', targetInner = ''] = to.split(`${ARRAY_MARK}.`);
  const list = valueAtPath(record, listPath);
  if (!Array.isArray(list)) return;
  const known = valueAtPath(call, targetPath);
  const entries = Array.isArray(known) ? known : list.map(() => ({}));
  if (known === undefined) assign(call, targetPath, entries);
  for (const [index, entry] of list.entries()) {
    const value = valueAtPath(entry, inner);
    const target = entries[index];
    if (value === undefined || value === null || !isJsonObject(target)) continue;
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
