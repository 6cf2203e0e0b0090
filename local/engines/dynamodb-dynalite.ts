import { createRequire } from 'node:module';
import type { Item, Store, Table } from 'dynalite/db/index.js';
import dynalite from 'dynalite/db/index.js';
import validations from 'dynalite/validations/index.js';
import * as z from 'zod';
import { ServiceError } from './json-service.ts';

/** Operations that are dynalite's alone. */
export const DYNALITE_OPERATIONS = [
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

/** Where an item is, and what is there now. */
export interface Located {
  /** The item's place in its table's store. */
  readonly place: string;
  readonly key: Item;
  readonly item: Item | undefined;
}

export const itemSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

type Action = (
  store: Store,
  data: object,
  done: (error: unknown, result?: Record<string, unknown>) => void,
) => void;
interface Validation {
  readonly types: Readonly<Record<string, unknown>>;
  readonly custom: unknown;
}

const load = createRequire(import.meta.url);
const actions = new Map<string, { run: Action; validation: Validation }>(
  DYNALITE_OPERATIONS.map((operation) => {
    const file = operation.charAt(0).toLowerCase() + operation.slice(1);
    return [
      operation,
      { run: load(`dynalite/actions/${file}`), validation: load(`dynalite/validations/${file}`) },
    ];
  }),
);

/** dynalite's validation, expressions and storage, called in this process: no request goes twice over a socket. */
export class DynaliteTables {
  readonly #store: Store;

  constructor(directory: string | undefined) {
    this.#store = dynalite.create({
      ...(directory === undefined ? {} : { path: directory }),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#store.db.close(() => resolve()));
  }

  /** Validates and runs one operation. */
  async do(operation: string, input: object): Promise<Record<string, unknown>> {
    return this.run(operation, this.validate(operation, input));
  }

  /**
   * The input with its expressions parsed, for `run` and `failsCondition`, once.
   * @throws ServiceError also for a parameter that dynalite would ignore.
   */
  validate(operation: string, input: object): Record<string, unknown> {
    const { validation } = actionOf(operation);
    const unknown = Object.entries(input).find(
      ([name, value]) =>
        value !== undefined &&
        !Object.hasOwn(validation.types, name) &&
        !ignoredRightly.has(`${operation}.${name}`),
    );
    if (unknown !== undefined) {
      throw new ServiceError(
        'ValidationException',
        `The local DynamoDB does not implement ${unknown[0]} of ${operation}.`,
      );
    }
    try {
      const data = validations.checkTypes({ ...input }, validation.types);
      validations.checkValidations(data, validation.types, validation.custom, this.#store);
      return data;
    } catch (error) {
      throw asServiceError(error);
    }
  }

  run(operation: string, data: object): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      actionOf(operation).run(this.#store, data, (error, result) => {
        if (error) reject(asServiceError(error));
        else resolve(result ?? {});
      });
    });
  }

  failsCondition(data: object, existing: Item | undefined): boolean {
    return Boolean(dynalite.checkConditional(data, existing));
  }

  /** Finds an item by its key, or the one that `keyOrItem` would replace. */
  async locate(tableName: string, keyOrItem: Item, isItem: boolean): Promise<Located> {
    const table = await this.table(tableName);
    const invalid = isItem
      ? dynalite.validateItem(keyOrItem, table)
      : dynalite.validateKey(keyOrItem, table);
    if (invalid) throw asServiceError(invalid);
    const place = dynalite.createKey(keyOrItem, table);
    const key: Item = {};
    for (const { AttributeName } of table.KeySchema) {
      const value = keyOrItem[AttributeName];
      if (value !== undefined) key[AttributeName] = value;
    }
    const item = await new Promise<Item | undefined>((resolve, reject) => {
      this.#store.getItemDb(tableName).get(place, (error, found) => {
        if (error && error.name !== 'NotFoundError') reject(asServiceError(error));
        else resolve(found);
      });
    });
    return { place, key, item };
  }

  table(name: string): Promise<Table> {
    return new Promise((resolve, reject) => {
      this.#store.getTable(name, (error, found) => {
        if (error || found === undefined) reject(asServiceError(error));
        else resolve(found);
      });
    });
  }
}

/** Parameters that dynalite doesn't know and that change nothing: every read of its is consistent. */
const ignoredRightly: ReadonlySet<string> = new Set(['Scan.ConsistentRead']);

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
