import * as z from 'zod';
import type { FaultAction, Faults } from '../faults.ts';
import { DYNALITE_OPERATIONS, DynaliteTables, itemSchema } from './dynamodb-dynalite.ts';
import { Expiry, timeToLiveRequest } from './dynamodb-expiry.ts';
import {
  describeExportRequest,
  type ExportRequest,
  Exports,
  exportRequest,
  type PutExported,
  tableOf,
} from './dynamodb-export.ts';
import { RequestTokens } from './dynamodb-request-tokens.ts';
import {
  type TransactWriteRequest,
  transactGet,
  transactGetRequest,
  transactionCancelled,
  transactWrite,
  transactWriteRequest,
} from './dynamodb-transaction.ts';
import { type Engine, parseInput, ServiceError, startJsonService } from './json-service.ts';
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
  /** Where exports of tables go; without it there are none. */
  readonly putExported?: PutExported;
}

export interface DynamoDbEngine extends Engine {
  /** Any operation by name, without the wire: how the template's tables are made. */
  call(operation: string, input: unknown): Promise<Record<string, unknown>>;
  /** Deletes the items whose time to live has passed; runs by itself every second. */
  sweepExpired(): Promise<number>;
}

/** AWS deletes within days of expiry; a second keeps tests honest about both sides of it. */
const SWEEP_INTERVAL_MS = 1_000;
/** A failed condition is looked at again when the item has changed since; a few races are enough. */
const CONDITION_ATTEMPTS_MAX = 10;

const OPERATIONS = [
  ...DYNALITE_OPERATIONS,
  'TransactWriteItems',
  'TransactGetItems',
  'UpdateTimeToLive',
  'DescribeTimeToLive',
  'UpdateContinuousBackups',
  'DescribeContinuousBackups',
  'ExportTableToPointInTime',
  'DescribeExport',
];

export async function startDynamoDbEngine(options: DynamoDbOptions = {}): Promise<DynamoDbEngine> {
  // Keys and items live in the store as buffers. Cut from Node's shared pool, each small one would keep
  // a whole slab alive: almost four times the memory, measured with 22,000 orders stored.
  Buffer.poolSize = 0;
  const tables = new DynaliteTables(options.directory);
  const database = new Database(tables, options.now ?? Date.now, new Exports(options.putExported));
  const service = await startJsonService({
    name: 'DynamoDB',
    target: 'DynamoDB_20120810',
    faultName: 'dynamodb',
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    version: '1.0',
    throttlingError: 'ProvisionedThroughputExceededException',
    operations: Object.fromEntries(
      OPERATIONS.map((name) => [
        name,
        (input: unknown, fault: FaultAction | undefined) => database.call(name, input, fault),
      ]),
    ),
  });
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweeper = setInterval(() => {
    // A table deleted meanwhile ends this sweep; the next one goes over the others again.
    sweeping = database.sweepExpired().catch(() => undefined);
  }, SWEEP_INTERVAL_MS);
  sweeper.unref();
  return {
    endpoint: service.endpoint,
    call: (operation, input) => database.call(operation, input),
    sweepExpired: () => database.sweepExpired(),
    stop: async () => {
      clearInterval(sweeper);
      await service.stop();
      await sweeping;
      await tables.close();
    },
  };
}

const tableName = z.object({ TableName: z.string() });
const continuousBackups = z.strictObject({
  TableName: z.string(),
  PointInTimeRecoverySpecification: z.strictObject({
    PointInTimeRecoveryEnabled: z.boolean(),
    RecoveryPeriodInDays: z.number().int().min(1).max(35).optional(),
  }),
});

class Database {
  readonly #tables: DynaliteTables;
  readonly #now: () => number;
  readonly #lock = new SharedLock();
  readonly #expiry = new Expiry();
  readonly #tokens = new RequestTokens();
  readonly #recoverable = new Set<string>();
  readonly #exports: Exports;

  constructor(tables: DynaliteTables, now: () => number, exports: Exports) {
    this.#exports = exports;
    this.#tables = tables;
    this.#now = now;
  }

  async call(
    operation: string,
    input: unknown,
    fault?: FaultAction,
  ): Promise<Record<string, unknown>> {
    switch (operation) {
      case 'TransactWriteItems': {
        const request = parseInput(transactWriteRequest, input);
        if (fault?.kind === 'conflict') {
          throw transactionCancelled(request.TransactItems.map(() => TRANSACTION_CONFLICT));
        }
        return this.#lock.alone(() => this.#transactWriteOnce(request));
      }
      case 'TransactGetItems': {
        const request = parseInput(transactGetRequest, input);
        return this.#lock.alone(() => transactGet(this.#tables, request));
      }
      case 'UpdateTimeToLive':
        await this.#tables.table(parseInput(tableName, input).TableName);
        return this.#expiry.update(parseInput(timeToLiveRequest, input));
      case 'DescribeTimeToLive':
        await this.#tables.table(parseInput(tableName, input).TableName);
        return this.#expiry.describe(parseInput(tableName, input).TableName);
      case 'UpdateContinuousBackups': {
        const request = parseInput(continuousBackups, input);
        await this.#tables.table(request.TableName);
        const { PointInTimeRecoveryEnabled } = request.PointInTimeRecoverySpecification;
        if (PointInTimeRecoveryEnabled) this.#recoverable.add(request.TableName);
        else this.#recoverable.delete(request.TableName);
        return this.#backupsOf(request.TableName);
      }
      case 'DescribeContinuousBackups':
        await this.#tables.table(parseInput(tableName, input).TableName);
        return this.#backupsOf(parseInput(tableName, input).TableName);
      case 'ExportTableToPointInTime':
        return this.#export(parseInput(exportRequest, input));
      case 'DescribeExport':
        return this.#exports.describe(parseInput(describeExportRequest, input).ExportArn);
      default:
        return this.#lock.shared(() => this.#single(operation, input));
    }
  }

  sweepExpired(): Promise<number> {
    const nowS = Math.floor(this.#now() / 1000);
    return this.#expiry.sweep(nowS, (operation, input) => this.call(operation, input));
  }

  /** As of one moment: nobody writes while it runs. */
  async #export(request: ExportRequest): Promise<Record<string, unknown>> {
    const name = tableOf(request.TableArn);
    try {
      await this.#tables.table(name);
    } catch {
      throw new ServiceError('TableNotFoundException', `Table not found: ${name}`);
    }
    if (!this.#recoverable.has(name)) {
      throw new ServiceError(
        'PointInTimeRecoveryUnavailableException',
        `Point in time recovery is not enabled for table '${name}'`,
      );
    }
    return this.#lock.alone(() => this.#exports.start(this.#tables, request, this.#now()));
  }

  /** Does nothing again that its token says was done. */
  async #transactWriteOnce(request: TransactWriteRequest): Promise<Record<string, unknown>> {
    const { ClientRequestToken: token, TransactItems } = request;
    const done = token && this.#tokens.find(token, TransactItems, this.#now());
    if (done) return done;
    const response = await transactWrite(this.#tables, request, (table, item) =>
      this.#expiry.noteWrite(table, item),
    );
    if (token) this.#tokens.remember(token, TransactItems, response, this.#now());
    return response;
  }

  /** One operation of dynalite's, with the old item in a failed condition where it was asked for. */
  async #single(operation: string, input: unknown): Promise<Record<string, unknown>> {
    const { ReturnValuesOnConditionCheckFailure: returned, ...request } = parseInput(
      z.record(z.string(), z.unknown()),
      input,
    );
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#tables.do(operation, request);
        this.#noteWrite(operation, request);
        return answer;
      } catch (error) {
        const failedCondition =
          error instanceof ServiceError && error.name === 'ConditionalCheckFailedException';
        if (!failedCondition || returned !== 'ALL_OLD') throw error;
        const item = await this.#itemFailing(operation, request);
        if (item === 'changed' && attempt < CONDITION_ATTEMPTS_MAX) continue;
        const detail = typeof item === 'object' ? { Item: item } : {};
        throw new ServiceError(error.name, error.message, 400, detail);
      }
    }
  }

  /** The item that stands in the way of a conditional write; `changed` when it no longer does. */
  async #itemFailing(operation: string, request: Record<string, unknown>) {
    const isItem = request.Key === undefined;
    const { item } = await this.#tables.locate(
      parseInput(tableName, request).TableName,
      parseInput(itemSchema, request.Key ?? request.Item),
      isItem,
    );
    const data = this.#tables.validate(operation, request);
    return this.#tables.failsCondition(data, item) ? item : 'changed';
  }

  #noteWrite(operation: string, request: Record<string, unknown>): void {
    if (operation === 'DeleteTable') {
      const { TableName } = parseInput(tableName, request);
      this.#expiry.forget(TableName);
      this.#recoverable.delete(TableName);
    }
    if (operation === 'PutItem' || operation === 'UpdateItem') {
      const item = itemSchema.safeParse(request.Item);
      this.#expiry.noteWrite(parseInput(tableName, request).TableName, item.data);
    }
    if (operation === 'BatchWriteItem') {
      for (const table of Object.keys(Object(request.RequestItems)))
        this.#expiry.noteWrite(table, undefined);
    }
  }

  #backupsOf(table: string): Record<string, unknown> {
    const status = this.#recoverable.has(table) ? 'ENABLED' : 'DISABLED';
    return {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
      },
    };
  }
}

const TRANSACTION_CONFLICT = {
  Code: 'TransactionConflict',
  Message: 'Transaction is ongoing for the item',
};
