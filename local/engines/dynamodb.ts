import { createRequire } from 'node:module';
import type { Item, Store } from 'dynalite/db/index.js';
import dynalite from 'dynalite/db/index.js';
import validations from 'dynalite/validations/index.js';
import * as z from 'zod';
import type { Faults } from '../faults.ts';
import {
  itemSchema,
  parse,
  tableName,
  timeToLive,
  type transactAction,
  transactGet,
  transactWrite,
} from './dynamodb-requests.ts';
import { type Engine, ServiceError, startJsonService } from './json-service.ts';
import { SharedLock } from './shared-lock.ts';

/**
 * DynamoDB: dynalite's own validation, expressions and storage, called in this process, with what
 * it lacks added in front: transactions, time to live, backups' settings, and the old item in a
 * failed condition. One lock makes transactions atomic: they hold it alone, everything else shares it.
 */
export interface DynamoDbOptions {
  readonly faults?: Faults;
  /** Folder of the data; memory when left out. */
  readonly directory?: string;
  /** Epoch milliseconds, for expiry. */
  readonly now?: () => number;
}

export interface DynamoDbEngine extends Engine {
  /** Any operation by name, without the wire: how the template's tables are made. */
  call(operation: string, input: unknown): Promise<Record<string, unknown>>;
  /** Deletes the items whose time to live has passed; runs by itself every second. */
  sweepExpired(): Promise<number>;
}

/** What one transaction may hold: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const TRANSACTION_ACTIONS_MAX = 100;
/** AWS deletes within days of expiry; a second keeps tests honest about both sides of it. */
const SWEEP_INTERVAL_MS = 1_000;

const passedThrough = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
  'TagResource',
  'UntagResource',
  'ListTagsOfResource',
] as const;

type Action = (
  store: Store,
  data: object,
  done: (error: unknown, result?: Record<string, unknown>) => void,
) => void;
interface Validation {
  readonly types: object;
  readonly custom: unknown;
}

const load = createRequire(import.meta.url);
const actions = new Map<string, { run: Action; validation: Validation }>(
  passedThrough.map((operation) => {
    const file = operation.charAt(0).toLowerCase() + operation.slice(1);
    return [
      operation,
      { run: load(`dynalite/actions/${file}`), validation: load(`dynalite/validations/${file}`) },
    ];
  }),
);

export async function startDynamoDbEngine(options: DynamoDbOptions = {}): Promise<DynamoDbEngine> {
  // Keys and items live in the store as buffers. Cut from Node's shared pool, each small one would keep
  // a whole slab alive: five times the memory of what is stored, measured on 22,000 orders.
  Buffer.poolSize = 0;
  const store = dynalite.create({
    ...(options.directory === undefined ? {} : { path: options.directory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const database = new Database(store, options.now ?? Date.now);
  const service = await startJsonService({
    name: 'DynamoDB',
    faultName: 'dynamodb',
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    version: '1.0',
    throttlingError: 'ProvisionedThroughputExceededException',
    operations: database.operations(),
  });
  const sweeper = setInterval(() => void database.sweepExpired(), SWEEP_INTERVAL_MS);
  sweeper.unref();
  return {
    endpoint: service.endpoint,
    call: (operation, input) => database.call(operation, input),
    sweepExpired: () => database.sweepExpired(),
    stop: async () => {
      clearInterval(sweeper);
      await service.stop();
      await new Promise<void>((resolve) => store.db.close(() => resolve()));
    },
  };
}

/** A transaction's action, checked: its operation in single form, its item's key and the item there now. */
interface Prepared {
  readonly operation: 'PutItem' | 'UpdateItem' | 'DeleteItem' | undefined;
  readonly data: Record<string, unknown>;
  readonly table: string;
  readonly key: string;
  readonly existing: Item | undefined;
  readonly returnOld: boolean;
}

class Database {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #lock = new SharedLock();
  readonly #expiryAttributes = new Map<string, string>();

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  operations(): Record<string, (input: unknown) => Promise<Record<string, unknown>>> {
    const names = [
      ...passedThrough,
      'TransactWriteItems',
      'TransactGetItems',
      'UpdateTimeToLive',
      'DescribeTimeToLive',
      'UpdateContinuousBackups',
      'DescribeContinuousBackups',
    ];
    return Object.fromEntries(names.map((name) => [name, (input) => this.call(name, input)]));
  }

  async call(operation: string, input: unknown): Promise<Record<string, unknown>> {
    switch (operation) {
      case 'TransactWriteItems':
        return this.#lock.alone(() => this.#transactWrite(parse(transactWrite, input)));
      case 'TransactGetItems':
        return this.#lock.alone(() => this.#transactGet(parse(transactGet, input)));
      case 'UpdateTimeToLive':
        return this.#updateTimeToLive(parse(timeToLive, input));
      case 'DescribeTimeToLive': {
        const name = this.#expiryAttributes.get(parse(tableName, input).TableName);
        return {
          TimeToLiveDescription:
            name === undefined
              ? { TimeToLiveStatus: 'DISABLED' }
              : { TimeToLiveStatus: 'ENABLED', AttributeName: name },
        };
      }
      case 'UpdateContinuousBackups':
      case 'DescribeContinuousBackups':
        return { ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED' } };
      default:
        return this.#lock.shared(() => this.#single(operation, input));
    }
  }

  async sweepExpired(): Promise<number> {
    let count = 0;
    for (const [table, attribute] of this.#expiryAttributes) {
      const nowS = Math.floor(this.#now() / 1000);
      const found = await this.call('Scan', {
        TableName: table,
        FilterExpression: '#expiry < :now',
        ExpressionAttributeNames: { '#expiry': attribute },
        ExpressionAttributeValues: { ':now': { N: String(nowS) } },
      });
      const { Table } = z
        .object({
          Table: z.object({ KeySchema: z.array(z.object({ AttributeName: z.string() })) }),
        })
        .parse(await this.call('DescribeTable', { TableName: table }));
      for (const item of z.array(itemSchema).parse(found.Items ?? [])) {
        const key = Object.fromEntries(
          Table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]),
        );
        await this.call('DeleteItem', { TableName: table, Key: key });
        count += 1;
      }
    }
    return count;
  }

  #updateTimeToLive(input: z.infer<typeof timeToLive>): Record<string, unknown> {
    const { AttributeName, Enabled } = input.TimeToLiveSpecification;
    if (Enabled) this.#expiryAttributes.set(input.TableName, AttributeName);
    else this.#expiryAttributes.delete(input.TableName);
    return { TimeToLiveSpecification: input.TimeToLiveSpecification };
  }

  /** One operation of dynalite's, with the old item in a failed condition where it was asked for. */
  async #single(operation: string, input: unknown): Promise<Record<string, unknown>> {
    const request = parse(z.record(z.string(), z.unknown()), input);
    const wantsOld = request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
    const keyOrItem = itemSchema.safeParse(request.Key ?? request.Item);
    try {
      return await this.#run(operation, this.#validate(operation, request));
    } catch (error) {
      const isConditional =
        error instanceof ServiceError && error.name === 'ConditionalCheckFailedException';
      if (!isConditional || !wantsOld || !keyOrItem.success) throw error;
      const table = z.string().parse(request.TableName);
      const existing = await this.#existing(table, keyOrItem.data, request.Key === undefined);
      throw new ServiceError(error.name, error.message, 400, { Item: existing.item });
    }
  }

  async #transactWrite(input: z.infer<typeof transactWrite>): Promise<Record<string, unknown>> {
    if (input.TransactItems.length > TRANSACTION_ACTIONS_MAX) {
      throw new ServiceError(
        'ValidationException',
        `Member must have length less than or equal to ${TRANSACTION_ACTIONS_MAX}`,
      );
    }
    const prepared: Prepared[] = [];
    for (const action of input.TransactItems) prepared.push(await this.#prepare(action));
    const places = new Set(prepared.map(({ table, key }) => `${table}\n${key}`));
    if (places.size < prepared.length) {
      throw new ServiceError(
        'ValidationException',
        'Transaction request cannot include multiple operations on one item',
      );
    }
    refuseIfAnyConditionFails(prepared);
    for (const { operation, data } of prepared) {
      if (operation !== undefined) await this.#run(operation, data);
    }
    return input.ReturnConsumedCapacity === undefined || input.ReturnConsumedCapacity === 'NONE'
      ? {}
      : { ConsumedCapacity: consumedCapacity(prepared) };
  }

  async #prepare(action: z.infer<typeof transactAction>): Promise<Prepared> {
    const { Put, Update, Delete, ConditionCheck } = action;
    const part = Put ?? Update ?? Delete ?? ConditionCheck;
    if (part === undefined) throw new ServiceError('ValidationException', 'An action is empty');
    const operation =
      Put !== undefined
        ? 'PutItem'
        : Update !== undefined
          ? 'UpdateItem'
          : Delete !== undefined
            ? 'DeleteItem'
            : undefined;
    const { ReturnValuesOnConditionCheckFailure, ...request } = part;
    // A condition check is validated as a delete, which takes the same fields.
    const data = this.#validate(operation ?? 'DeleteItem', request);
    const keyOrItem = 'Item' in part ? part.Item : part.Key;
    const { key, item } = await this.#existing(part.TableName, keyOrItem, 'Item' in part);
    return {
      operation,
      data,
      table: part.TableName,
      key,
      existing: item,
      returnOld: ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    };
  }

  async #transactGet(input: z.infer<typeof transactGet>): Promise<Record<string, unknown>> {
    const responses = [];
    for (const { Get } of input.TransactItems) {
      const { Item } = await this.#single('GetItem', { ...Get, ConsistentRead: true });
      responses.push(Item === undefined ? {} : { Item });
    }
    return { Responses: responses };
  }

  #validate(operation: string, input: object): Record<string, unknown> {
    const { validation } = actionOf(operation);
    try {
      const data = validations.checkTypes({ ...input }, validation.types);
      validations.checkValidations(data, validation.types, validation.custom, this.#store);
      return data;
    } catch (error) {
      throw asServiceError(error);
    }
  }

  #run(operation: string, data: object): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      actionOf(operation).run(this.#store, data, (error, result) => {
        if (error) reject(asServiceError(error));
        else resolve(result ?? {});
      });
    });
  }

  async #existing(
    tableName: string,
    keyOrItem: Item,
    isItem = false,
  ): Promise<{ key: string; item: Item | undefined }> {
    const table = await new Promise<object>((resolve, reject) => {
      this.#store.getTable(tableName, (error, found) => {
        if (error || found === undefined) reject(asServiceError(error));
        else resolve(found);
      });
    });
    const invalid = isItem
      ? dynalite.validateItem(keyOrItem, table)
      : dynalite.validateKey(keyOrItem, table);
    if (invalid) throw asServiceError(invalid);
    const key = dynalite.createKey(keyOrItem, table);
    return new Promise((resolve, reject) => {
      this.#store.getItemDb(tableName).get(key, (error, item) => {
        if (error && error.name !== 'NotFoundError') reject(asServiceError(error));
        else resolve({ key, item });
      });
    });
  }
}

/** Answers a failed transaction with one reason per action, in order, as DynamoDB does. */
function refuseIfAnyConditionFails(prepared: readonly Prepared[]): void {
  const reasons = prepared.map(({ data, existing, returnOld }) => {
    if (!dynalite.checkConditional(data, existing)) return { Code: 'None' };
    return {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      ...(returnOld && existing !== undefined ? { Item: existing } : {}),
    };
  });
  if (reasons.every(({ Code }) => Code === 'None')) return;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  throw new ServiceError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  );
}

/** A transactional write costs two units per started kilobyte. */
function consumedCapacity(prepared: readonly Prepared[]): object[] {
  const units = new Map<string, number>();
  for (const { table, data, existing } of prepared) {
    const item = itemSchema.safeParse(data.Item);
    const size = Math.max(
      dynalite.capacityUnits(item.success ? item.data : existing, false),
      dynalite.capacityUnits(existing, false),
    );
    units.set(table, (units.get(table) ?? 0) + 2 * size);
  }
  return [...units].map(([TableName, CapacityUnits]) => ({
    TableName,
    CapacityUnits,
    WriteCapacityUnits: CapacityUnits,
  }));
}

function actionOf(operation: string): { run: Action; validation: Validation } {
  const action = actions.get(operation);
  if (action === undefined) {
    throw new ServiceError('UnknownOperationException', `${operation} is not implemented.`);
  }
  return action;
}

const dynaliteError = z.object({
  statusCode: z.number(),
  body: z.looseObject({
    __type: z.string(),
    message: z.string().optional(),
    Message: z.string().optional(),
  }),
});

function asServiceError(error: unknown): unknown {
  const parsed = dynaliteError.safeParse(error);
  if (!parsed.success) return error;
  const { body, statusCode } = parsed.data;
  return new ServiceError(
    body.__type.split('#').at(-1) ?? body.__type,
    body.message ?? body.Message ?? '',
    statusCode,
  );
}
