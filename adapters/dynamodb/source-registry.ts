import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type SourceDocument, sourceDocument, writeKeyDocument } from '../../core/events/source.ts';
import { type ConfigDocuments, configDocuments } from './config-documents.ts';

/** A source was changed by somebody else between reading and writing it. */
export class SourceChangedError extends Error {
  override readonly name = 'SourceChangedError';
}

/** Sources and their keys as an operator changes them; the collector's own view is the directory. */
export interface SourceRegistry {
  readonly documents: ConfigDocuments<SourceDocument>;
  /**
   * Writes a source as new or in the place of `before`, and with it, in one transaction, who its keys
   * belong to: a key is found by its own document and alive by its source's.
   * @throws SourceChangedError when the source is not as `before` says.
   */
  write(source: SourceDocument, before: SourceDocument | undefined): Promise<void>;
}

export function createSourceRegistry(client: DynamoDBClient, configTable: string): SourceRegistry {
  const documents = configDocuments(client, configTable, 'source', sourceDocument);
  const item = (kind: string, id: string, document: object) => ({
    TableName: configTable,
    Item: marshall({ ...document, kind, id }, { removeUndefinedValues: true }),
  });
  return {
    documents,
    async write(source, before) {
      const { added, withdrawn } = keyChanges(source, before);
      const items: TransactWriteItem[] = [
        { Put: { ...item('source', source.sourceId, source), ...unchangedSince(before) } },
        ...added.map((sha256) => ({
          Put: item('writeKey', sha256, writeKeyDocument.parse({ sourceId: source.sourceId })),
        })),
        ...withdrawn.map((sha256) => ({
          Delete: { TableName: configTable, Key: { kind: { S: 'writeKey' }, id: { S: sha256 } } },
        })),
      ];
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        throw new SourceChangedError(`the source ${source.sourceId} was changed meanwhile`, {
          cause: error,
        });
      }
    },
  };
}

function keyChanges(source: SourceDocument, before: SourceDocument | undefined) {
  const after = new Set(source.writeKeys.map(({ sha256 }) => sha256));
  const earlier = new Set((before?.writeKeys ?? []).map(({ sha256 }) => sha256));
  return {
    added: [...after].filter((sha256) => !earlier.has(sha256)),
    withdrawn: [...earlier].filter((sha256) => !after.has(sha256)),
  };
}

/** Keys are what two operators must not overwrite for one another. */
function unchangedSince(before: SourceDocument | undefined) {
  if (before === undefined) return { ConditionExpression: 'attribute_not_exists(id)' };
  const keys = before.writeKeys.map(({ sha256 }, index) => ({
    condition: `writeKeys[${index}].sha256 = :key${index}`,
    values: { [`:key${index}`]: sha256 },
  }));
  const count = 'size(writeKeys) = :count';
  // A document that was written by hand may leave the list out.
  const counted = keys.length === 0 ? `(attribute_not_exists(writeKeys) OR ${count})` : count;
  return {
    ConditionExpression: [
      'attribute_exists(id)',
      counted,
      ...keys.map(({ condition }) => condition),
    ].join(' AND '),
    ExpressionAttributeValues: marshall(
      Object.assign({ ':count': keys.length }, ...keys.map(({ values }) => values)),
    ),
  };
}
