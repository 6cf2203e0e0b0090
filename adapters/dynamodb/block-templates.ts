import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { type BlockTemplate, TEMPLATE_KIND } from '../../core/blocks/block-template.ts';
import { type ConfigDocuments, configDocuments, listDocuments } from './config-documents.ts';
import type { ReadableTable } from './item-reads.ts';

/** Templates as they are stored, for whoever uses them to check: one bad document must not hide the others. */
export function templateDocuments(
  client: DynamoDBClient,
  configTable: string,
): ConfigDocuments<unknown> {
  return configDocuments(client, configTable, TEMPLATE_KIND, z.unknown());
}

/** The same, for whoever only reads them all. */
export function listTemplates(
  configTable: ReadableTable,
): Promise<{ readonly id: string; readonly document: unknown }[]> {
  return listDocuments(configTable, TEMPLATE_KIND);
}

/** Writes a template if it is the version after the stored one, or nothing is stored; says whether it was. */
export async function putNextTemplate(
  client: DynamoDBClient,
  configTable: string,
  template: BlockTemplate,
): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: configTable,
        Item: marshall({ ...template, kind: TEMPLATE_KIND, id: template.templateId }),
        ConditionExpression: 'attribute_not_exists(#id) OR #version = :previous',
        ExpressionAttributeNames: { '#id': 'id', '#version': 'version' },
        ExpressionAttributeValues: { ':previous': { N: String(template.version - 1) } },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
