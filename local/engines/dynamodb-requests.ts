import * as z from 'zod';
import { ServiceError } from './json-service.ts';

/**
 * The requests of DynamoDB that the engine answers itself, strict: a field that isn't here is refused.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const itemSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const expressions = {
  TableName: z.string(),
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: itemSchema.optional(),
  ReturnValuesOnConditionCheckFailure: z.enum(['ALL_OLD', 'NONE']).optional(),
};
export const transactAction = z
  .strictObject({
    Put: z.strictObject({ ...expressions, Item: itemSchema }).optional(),
    Update: z
      .strictObject({ ...expressions, Key: itemSchema, UpdateExpression: z.string() })
      .optional(),
    Delete: z.strictObject({ ...expressions, Key: itemSchema }).optional(),
    ConditionCheck: z
      .strictObject({ ...expressions, Key: itemSchema, ConditionExpression: z.string() })
      .optional(),
  })
  .refine((action) => Object.values(action).filter((part) => part !== undefined).length === 1);
export const transactWrite = z.strictObject({
  TransactItems: z.array(transactAction).min(1),
  ClientRequestToken: z.string().optional(),
  ReturnConsumedCapacity: z.string().optional(),
  ReturnItemCollectionMetrics: z.string().optional(),
});
export const transactGet = z.strictObject({
  TransactItems: z.array(
    z.strictObject({
      Get: z.strictObject({
        TableName: z.string(),
        Key: itemSchema,
        ProjectionExpression: z.string().optional(),
        ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
      }),
    }),
  ),
  ReturnConsumedCapacity: z.string().optional(),
});
export const timeToLive = z.object({
  TableName: z.string(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }),
});
export const tableName = z.object({ TableName: z.string() });

/** @throws ServiceError `ValidationException` saying which field is wrong */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ServiceError('ValidationException', z.prettifyError(parsed.error));
}
