import type {
  BatchGetItemCommandInput,
  GetItemCommandInput,
  KeysAndAttributes,
  QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { StoredItem } from './batch-read.ts';

/** Ends a read before its time. */
export interface ReadOptions {
  readonly abortSignal?: AbortSignal | undefined;
}

/**
 * What serving asks of DynamoDB, in DynamoDB's own words. Functions whose cold start somebody waits for have it by signed
 * requests (signed-reads.ts), all others by the SDK's client (client-reads.ts): one reader's code serves both.
 */
export interface ItemReads {
  getItem(
    input: GetItemCommandInput,
    options?: ReadOptions,
  ): Promise<{ readonly Item?: StoredItem | undefined }>;
  /** What is in `UnprocessedKeys` was not read; it is for the reader to ask again or go on without. */
  batchGetItem(
    input: BatchGetItemCommandInput,
    options?: ReadOptions,
  ): Promise<{
    readonly Responses?: Readonly<Record<string, readonly StoredItem[]>> | undefined;
    readonly UnprocessedKeys?: Readonly<Record<string, Partial<KeysAndAttributes>>> | undefined;
  }>;
  query(input: QueryCommandInput, options?: ReadOptions): Promise<QueryPage>;
}

/** A page of a query; the next begins after `LastEvaluatedKey`, the last has none. */
interface QueryPage {
  readonly Items?: readonly StoredItem[] | undefined;
  readonly LastEvaluatedKey?: StoredItem | undefined;
}

/** A table as its readers need it. */
export interface ReadableTable {
  readonly reads: ItemReads;
  readonly table: string;
}

/** All items of a query, a page after the other. */
export async function* queriedItems(
  reads: ItemReads,
  query: QueryCommandInput,
  options: ReadOptions = {},
): AsyncGenerator<StoredItem> {
  let after: StoredItem | undefined;
  do {
    const from = after === undefined ? {} : { ExclusiveStartKey: after };
    const page = await reads.query({ ...query, ...from }, options);
    yield* page.Items ?? [];
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
}
