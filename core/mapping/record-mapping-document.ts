import * as z from 'zod';
import { eventType } from '../events/event.ts';
import { conversions } from './conversion.ts';

/**
 * A RecordMapping that a shop writes itself, as a part of a pull document: how a record of its own
 * system becomes a call, or a product of the catalogue. See record-mapping.ts for what the rules do.
 */

/** Enough for any record; a document beyond it is generated nonsense. */
const RULES_MAX = 200;

const path = z.string().min(1).max(300);

const copied = z.strictObject({
  from: z.union([path, z.array(path).min(1).max(10)]),
  to: path,
  as: z.enum(conversions).exactOptional(),
});
const constant = z.strictObject({
  value: z.union([z.string(), z.number(), z.boolean()]),
  to: path,
});

export const recordMappingDocument = z
  .strictObject({
    call: z
      .strictObject({ type: eventType, event: z.string().min(1).max(256).optional() })
      .optional(),
    /** Instead of a call: the targets are `product_id`, `name`, `price` and so on, and `timestamp`. */
    product: z.literal(true).optional(),
    fields: z
      .array(z.union([copied, constant]))
      .min(1)
      .max(RULES_MAX),
    /** Path of the record's own id. */
    id: path,
    /** Paths whose values change when the record does; without any a record is taken once for ever. */
    version: z.array(path).max(10).default([]),
  })
  .refine(({ call, product }) => (call === undefined) !== (product === undefined), {
    path: ['call'],
    message: 'a record becomes either a call or a product; state "call" or "product": true',
  });
export type RecordMappingDocument = z.infer<typeof recordMappingDocument>;
