import { type ProductFact, productFactOf } from '../../core/catalogue/product-fact.ts';
import { callOfRecord } from '../../core/mapping/record-call.ts';
import { mapFields } from '../../core/mapping/record-mapping.ts';
import type { RecordMappingDocument } from '../../core/mapping/record-mapping-document.ts';
import type { PulledPage } from './connector.ts';

/**
 * What a page's records become by a shop's own mapping: calls, or products of the catalogue. A product
 * without an id or with a time that is none becomes a call that the intake refuses by name, so that it is
 * kept in quarantine like any other record that can't be used.
 */
export function mappedRecords(
  mapping: RecordMappingDocument,
  records: readonly unknown[],
  namespace: string,
  nowMs: number,
): Pick<PulledPage, 'calls' | 'products'> {
  const callOf = (record: unknown) => callOfRecord(mapping, record, namespace);
  if (mapping.product !== true) return { calls: records.map(callOf) };
  const calls: unknown[] = [];
  const products: ProductFact[] = [];
  for (const record of records) {
    const fact = productOf(mapping, record, nowMs);
    if (fact === undefined) calls.push(callOf(record));
    else products.push(fact);
  }
  return { calls, products };
}

/** Without a time of its own a record says what is so now, and says it again each time it is read. */
function productOf(
  { fields }: RecordMappingDocument,
  record: unknown,
  nowMs: number,
): ProductFact | undefined {
  const product = mapFields(fields, record);
  if (product.timestamp !== undefined) return productFactOf(product, nowMs);
  const timestamp = new Date(nowMs).toISOString();
  const fact = productFactOf({ ...product, timestamp }, nowMs);
  return fact && { ...fact, isRepeated: true };
}
