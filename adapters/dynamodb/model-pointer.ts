import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import {
  type ModelPointer,
  modelPointer,
  POINTER_KIND,
} from '../../core/training/model-pointer.ts';
import type { ReadableTable } from './item-reads.ts';

/** The table that holds the pointer (CONFIG_TABLE), for whoever flips it. */
export interface PointerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export type { ModelPointer };

export type Flip =
  | { readonly ok: true; readonly pointer: ModelPointer }
  /** Somebody else has published or rolled back since the pointer was read. */
  | { readonly ok: false; readonly reason: 'moved' };

const pointerKey = { kind: POINTER_KIND, id: 'pointer' };

/** The pointer, or undefined before the first model is published. */
export async function readPointer(
  { reads, table }: ReadableTable,
  options: { readonly abortSignal?: AbortSignal; readonly consistent?: boolean } = {},
): Promise<ModelPointer | undefined> {
  const { Item } = await reads.getItem(
    { TableName: table, Key: marshall(pointerKey), ConsistentRead: options.consistent ?? false },
    options,
  );
  return Item === undefined ? undefined : modelPointer.parse(unmarshall(Item), { jitless: true });
}

/**
 * Makes `id` the current model in one conditional write. `seen` is the pointer as it was read
 * (undefined: there was none); what was current becomes `previous`.
 */
export async function flipPointer(
  { client, table }: PointerTable,
  seen: ModelPointer | undefined,
  id: string,
  publishedAt: string,
): Promise<Flip> {
  const pointer: ModelPointer = {
    current: id,
    ...(seen && { previous: seen.current }),
    version: (seen?.version ?? 0) + 1,
    publishedAt,
  };
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: marshall({ ...pointerKey, ...pointer }),
        ExpressionAttributeNames: { '#version': 'version' },
        ...(seen === undefined
          ? { ConditionExpression: 'attribute_not_exists(#version)' }
          : {
              ConditionExpression: '#version = :seen',
              ExpressionAttributeValues: marshall({ ':seen': seen.version }),
            }),
      }),
    );
    return { ok: true, pointer };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { ok: false, reason: 'moved' };
    throw error;
  }
}
