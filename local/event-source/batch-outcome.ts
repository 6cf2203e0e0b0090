import * as z from 'zod';
import type { StreamRecord } from './record-source.ts';

/** How a batch went: all of it, all before `failedFrom`, or none. */
export type BatchOutcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'partial'; readonly failedFrom: number }
  | { readonly kind: 'failure' };

const response = z
  .looseObject({
    batchItemFailures: z
      .array(z.looseObject({ itemIdentifier: z.string().min(1) }))
      .nullish()
      .transform((failures) => failures ?? []),
  })
  .nullable();

/**
 * Reads a function's answer, JSON, under ReportBatchItemFailures: the lowest failed sequence number
 * is where the batch resumes; an answer that names a record of no batch fails all of it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function batchOutcome(payload: string, records: readonly StreamRecord[]): BatchOutcome {
  const parsed = response.safeParse(JSON.parse(payload));
  if (!parsed.success) return { kind: 'failure' };
  const failures = parsed.data?.batchItemFailures ?? [];
  if (failures.length === 0) return { kind: 'success' };
  const indexes = failures.map(({ itemIdentifier }) =>
    records.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier),
  );
  const failedFrom = Math.min(...indexes);
  return failedFrom === -1 ? { kind: 'failure' } : { kind: 'partial', failedFrom };
}
