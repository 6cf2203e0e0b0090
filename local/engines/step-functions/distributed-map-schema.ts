import * as z from 'zod';
import { isExpression } from './jsonata-value.ts';

const expression = z.string().refine(isExpression, 'must be a JSONata expression, {% … %}');
const itemsMax = z.union([z.int().min(1), expression]);
/** AWS's own limit of a Label. */
const LABEL_LENGTH_MAX = 40;

const getObject = z.strictObject({
  Resource: z.literal('arn:aws:states:::s3:getObject'),
  ReaderConfig: z.strictObject({
    InputType: z.enum(['JSON', 'JSONL']),
    MaxItems: itemsMax.optional(),
  }),
  Arguments: z.json(),
});
const listObjects = z.strictObject({
  Resource: z.literal('arn:aws:states:::s3:listObjectsV2'),
  ReaderConfig: z.strictObject({ MaxItems: itemsMax.optional() }).optional(),
  Arguments: z.json(),
});

/** The fields of a Map in JSONata that only a distributed one may have. */
export const distributedFields = {
  Label: z
    .string()
    .max(LABEL_LENGTH_MAX)
    .regex(/^[\w-]+$/u)
    .optional(),
  ItemReader: z.discriminatedUnion('Resource', [getObject, listObjects]).optional(),
  ItemBatcher: z
    .strictObject({
      MaxItemsPerBatch: z.union([z.int().min(1), expression]),
      BatchInput: z.json().optional(),
    })
    .optional(),
  ToleratedFailureCount: z.union([z.int().min(0), expression]).optional(),
  ToleratedFailurePercentage: z.union([z.number().min(0).max(100), expression]).optional(),
  ResultWriter: z
    .strictObject({
      Resource: z.literal('arn:aws:states:::s3:putObject'),
      Arguments: z.json(),
    })
    .optional(),
};
