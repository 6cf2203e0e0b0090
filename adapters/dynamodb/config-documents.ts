import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod';
import { clientReads } from './client-reads.ts';
import { queriedItems, type ReadableTable } from './item-reads.ts';

/** Configuration is data: one validated document per kind and id in the config table. */
export interface ConfigDocuments<Document> {
  /** The document, or nothing; throws ZodError when what is stored is not one. */
  get(id: string): Promise<Document | undefined>;
  put(id: string, document: Document): Promise<void>;
  delete(id: string): Promise<void>;
  list(): Promise<{ readonly id: string; readonly document: Document }[]>;
}

/** The documents of one kind; the item is the document's own fields beside the keys `kind` and `id`. */
export function configDocuments<Schema extends z.ZodType>(
  client: DynamoDBClient,
  table: string,
  kind: string,
  schema: Schema,
): ConfigDocuments<z.output<Schema>> {
  const keyOf = (id: string) => ({ kind: { S: kind }, id: { S: id } });
  const reads = clientReads(client);
  return {
    async get(id) {
      const input = { TableName: table, Key: keyOf(id), ConsistentRead: true };
      const { Item } = await reads.getItem(input);
      return Item === undefined ? undefined : schema.parse(withoutKeys(unmarshall(Item)));
    },
    async put(id, document) {
      const item = { ...Object(document), kind, id };
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: marshall(item, { removeUndefinedValues: true }),
        }),
      );
    },
    async delete(id) {
      await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(id) }));
    },
    async list() {
      const stored = await listDocuments({ reads, table }, kind);
      return stored.map(({ id, document }) => ({ id, document: schema.parse(document) }));
    },
  };
}

/** All documents of a kind as they are stored, for the reader to check. */
export async function listDocuments(
  { reads, table }: ReadableTable,
  kind: string,
): Promise<{ readonly id: string; readonly document: unknown }[]> {
  const found: { id: string; document: unknown }[] = [];
  const query = {
    TableName: table,
    KeyConditionExpression: '#kind = :kind',
    ExpressionAttributeNames: { '#kind': 'kind' },
    ExpressionAttributeValues: { ':kind': { S: kind } },
  };
  for await (const item of queriedItems(reads, query)) {
    const plain = unmarshall(item);
    found.push({ id: String(plain.id), document: withoutKeys(plain) });
  }
  return found;
}

function withoutKeys({ kind: _kind, id: _id, ...document }: Record<string, unknown>): unknown {
  return document;
}
