import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type * as z from 'zod';

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
  const read = (item: Record<string, unknown>): z.output<Schema> => {
    const { kind: _kind, id: _id, ...document } = item;
    return schema.parse(document);
  };
  return {
    async get(id) {
      const answer = await client.send(
        new GetItemCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
      );
      return answer.Item === undefined ? undefined : read(unmarshall(answer.Item));
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
      const found: { id: string; document: z.output<Schema> }[] = [];
      const query = {
        TableName: table,
        KeyConditionExpression: '#kind = :kind',
        ExpressionAttributeNames: { '#kind': 'kind' },
        ExpressionAttributeValues: { ':kind': { S: kind } },
      };
      for await (const page of paginateQuery({ client }, query)) {
        for (const item of page.Items ?? []) {
          const plain = unmarshall(item);
          found.push({ id: String(plain.id), document: read(plain) });
        }
      }
      return found;
    },
  };
}
