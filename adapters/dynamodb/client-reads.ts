import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { ItemReads, ReadableTable, ReadOptions } from './item-reads.ts';

/** Reads by the SDK's client, for whoever has one anyway. */
export function clientReads(client: DynamoDBClient): ItemReads {
  return {
    getItem: (input, options) => client.send(new GetItemCommand(input), sendOptions(options)),
    batchGetItem: (input, options) =>
      client.send(new BatchGetItemCommand(input), sendOptions(options)),
    query: (input, options) => client.send(new QueryCommand(input), sendOptions(options)),
  };
}

/** The table of a client, as its readers need it. */
export function readableTable({
  client,
  table,
}: {
  readonly client: DynamoDBClient;
  readonly table: string;
}): ReadableTable {
  return { reads: clientReads(client), table };
}

function sendOptions({ abortSignal }: ReadOptions = {}): { readonly abortSignal?: AbortSignal } {
  return abortSignal === undefined ? {} : { abortSignal };
}
