import type { Item } from 'dynalite/db/index.js';
import dynalite from 'dynalite/db/index.js';
import * as z from 'zod';
import { type DynaliteTables, itemSchema, type Located } from './dynamodb-dynalite.ts';
import { ServiceError } from './json-service.ts';

/** What one transaction may hold: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const TRANSACTION_ACTIONS_MAX = 100;
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
/** Transactions cost twice what single reads and writes do. */
const TRANSACTION_COST = 2;

const expressions = {
  TableName: z.string(),
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: itemSchema.optional(),
  ReturnValuesOnConditionCheckFailure: z.enum(['ALL_OLD', 'NONE']).optional(),
};
const writeAction = z
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
  .refine((action) => Object.values(action).filter((part) => part !== undefined).length === 1, {
    error: 'TransactItems can only contain one of Check, Put, Update or Delete',
  });
const returnConsumedCapacity = z.enum(['NONE', 'TOTAL']).optional();

export const transactWriteRequest = z.strictObject({
  TransactItems: z.array(writeAction).min(1).max(TRANSACTION_ACTIONS_MAX),
  ClientRequestToken: z.string().min(1).max(36).optional(),
  ReturnConsumedCapacity: returnConsumedCapacity,
  ReturnItemCollectionMetrics: z.literal('NONE').optional(),
});
export const transactGetRequest = z.strictObject({
  TransactItems: z
    .array(
      z.strictObject({
        Get: z.strictObject({
          TableName: z.string(),
          Key: itemSchema,
          ProjectionExpression: z.string().optional(),
          ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
        }),
      }),
    )
    .min(1)
    .max(TRANSACTION_ACTIONS_MAX),
  ReturnConsumedCapacity: returnConsumedCapacity,
});

export type TransactWriteRequest = z.infer<typeof transactWriteRequest>;

/** A checked action: its single operation (none for a condition check) and the item as it is now. */
interface Prepared extends Located {
  readonly operation: 'PutItem' | 'UpdateItem' | 'DeleteItem' | undefined;
  readonly table: string;
  readonly data: Record<string, unknown>;
  /** The item to put. */
  readonly written: Item | undefined;
  readonly returnsOld: boolean;
}

type CancellationReason = { Code: string; Message?: string; Item?: Item };

/**
 * Checks every action, then writes all of them; a write that fails after others undoes those. The
 * caller holds the tables alone meanwhile, so no other request sees a part of it and no two conflict.
 * `noteWrite` is told of each item put, and of updates without their item.
 */
export async function transactWrite(
  tables: DynaliteTables,
  request: TransactWriteRequest,
  noteWrite: (table: string, item: Item | undefined) => void,
): Promise<Record<string, unknown>> {
  const prepared: Prepared[] = [];
  for (const action of request.TransactItems) prepared.push(await prepare(tables, action));
  refuseOversized(prepared);
  refuseRepeated(prepared);
  refuseIfAnyConditionFails(tables, prepared);
  for (const [index, { operation, data, table, written }] of prepared.entries()) {
    if (operation === undefined) continue;
    try {
      await tables.run(operation, data);
    } catch (error) {
      await undo(tables, prepared.slice(0, index));
      throw cancelledBy(error, index, prepared.length);
    }
    if (operation !== 'DeleteItem') noteWrite(table, written);
  }
  if (request.ReturnConsumedCapacity !== 'TOTAL') return {};
  return { ConsumedCapacity: await writeCapacity(tables, prepared) };
}

/** Reads all items as of one moment; the caller holds the tables alone meanwhile. */
export async function transactGet(
  tables: DynaliteTables,
  request: z.infer<typeof transactGetRequest>,
): Promise<Record<string, unknown>> {
  const responses: { Item?: unknown }[] = [];
  const units = new Map<string, number>();
  const places: { table: string; place: string }[] = [];
  for (const { Get } of request.TransactItems) {
    const { place, item } = await tables.locate(Get.TableName, Get.Key, false);
    places.push({ table: Get.TableName, place });
    add(units, Get.TableName, TRANSACTION_COST * dynalite.capacityUnits(item, true, true));
    const { Item } = await tables.do('GetItem', { ...Get, ConsistentRead: true });
    responses.push(Item === undefined ? {} : { Item });
  }
  refuseRepeated(places);
  if (request.ReturnConsumedCapacity !== 'TOTAL') return { Responses: responses };
  return { Responses: responses, ConsumedCapacity: capacityByTable(units, 'ReadCapacityUnits') };
}

/** The error of a transaction cancelled for these reasons, one per action, in order. */
export function transactionCancelled(reasons: readonly CancellationReason[]): ServiceError {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return new ServiceError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  );
}

async function prepare(
  tables: DynaliteTables,
  { Put, Update, Delete, ConditionCheck }: z.infer<typeof writeAction>,
): Promise<Prepared> {
  const part = Put ?? Update ?? Delete ?? ConditionCheck;
  if (part === undefined) throw new ServiceError('ValidationException', 'An action is empty');
  const operation = operationOf({ Put, Update, Delete });
  const { ReturnValuesOnConditionCheckFailure, ...request } = part;
  // A condition check is validated as a delete, which takes the same fields.
  const data = tables.validate(operation ?? 'DeleteItem', request);
  const written = 'Item' in part ? part.Item : undefined;
  const keyOrItem = 'Item' in part ? part.Item : part.Key;
  return {
    ...(await tables.locate(part.TableName, keyOrItem, written !== undefined)),
    operation,
    table: part.TableName,
    data,
    written,
    returnsOld: ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
  };
}

function operationOf(action: { Put: unknown; Update: unknown; Delete: unknown }) {
  if (action.Put !== undefined) return 'PutItem';
  if (action.Update !== undefined) return 'UpdateItem';
  return action.Delete === undefined ? undefined : 'DeleteItem';
}

function refuseOversized(prepared: readonly Prepared[]): void {
  const bytes = prepared.reduce(
    (sum, { written, item }) => sum + dynalite.itemSize(written ?? item ?? {}),
    0,
  );
  if (bytes <= TRANSACTION_BYTES_MAX) return;
  throw new ServiceError(
    'ValidationException',
    `The items of a transaction are at most ${TRANSACTION_BYTES_MAX} bytes together`,
  );
}

function refuseRepeated(items: readonly { table: string; place: string }[]): void {
  if (new Set(items.map(({ table, place }) => `${table}\n${place}`)).size === items.length) return;
  throw new ServiceError(
    'ValidationException',
    'Transaction request cannot include multiple operations on one item',
  );
}

function refuseIfAnyConditionFails(tables: DynaliteTables, prepared: readonly Prepared[]): void {
  const reasons = prepared.map(({ data, item, returnsOld }): CancellationReason => {
    if (!tables.failsCondition(data, item)) return { Code: 'None' };
    return {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      ...(returnsOld && item !== undefined ? { Item: item } : {}),
    };
  });
  if (reasons.some(({ Code }) => Code !== 'None')) throw transactionCancelled(reasons);
}

/** Puts back what was there, the last write first. */
async function undo(tables: DynaliteTables, done: readonly Prepared[]): Promise<void> {
  for (const { operation, table, key, item } of done.toReversed()) {
    if (operation === undefined) continue;
    if (item === undefined) await tables.do('DeleteItem', { TableName: table, Key: key });
    else await tables.do('PutItem', { TableName: table, Item: item });
  }
}

/** What only shows when an update is applied (an operand's type, the size it grows to) cancels the transaction. */
function cancelledBy(error: unknown, failedIndex: number, actionCount: number): unknown {
  if (!(error instanceof ServiceError) || error.name !== 'ValidationException') return error;
  return transactionCancelled(
    Array.from({ length: actionCount }, (_, index) =>
      index === failedIndex
        ? { Code: 'ValidationError', Message: error.message }
        : { Code: 'None' },
    ),
  );
}

/** Per item the larger of before and after counts, in started kilobytes. */
async function writeCapacity(
  tables: DynaliteTables,
  prepared: readonly Prepared[],
): Promise<object[]> {
  const units = new Map<string, number>();
  for (const { table, key, item } of prepared) {
    const now = await tables.locate(table, key, false);
    const kilobytes = Math.max(
      dynalite.capacityUnits(item, false),
      dynalite.capacityUnits(now.item, false),
    );
    add(units, table, TRANSACTION_COST * kilobytes);
  }
  return capacityByTable(units, 'WriteCapacityUnits');
}

function add(units: Map<string, number>, table: string, count: number): void {
  units.set(table, (units.get(table) ?? 0) + count);
}

function capacityByTable(units: ReadonlyMap<string, number>, kind: string): object[] {
  return [...units].map(([TableName, CapacityUnits]) => ({
    TableName,
    CapacityUnits,
    [kind]: CapacityUnits,
  }));
}
