import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type PullState, pullState } from '../../core/events/pull-state.ts';
import { configDocuments } from './config-documents.ts';

/** Kind of the items; the function may write no other. */
export const PULL_STATE_KIND = 'pullState';

export interface PullStates {
  get(sourceId: string): Promise<PullState | undefined>;
  /** Writes the state over the version before it; false when somebody else wrote meanwhile. */
  put(sourceId: string, state: PullState): Promise<boolean>;
}

export function createPullStates(client: DynamoDBClient, table: string): PullStates {
  const documents = configDocuments(client, table, PULL_STATE_KIND, pullState);
  return {
    get: (sourceId) => documents.get(sourceId),
    async put(sourceId, state) {
      const item = { ...state, kind: PULL_STATE_KIND, id: sourceId };
      try {
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: marshall(item, { removeUndefinedValues: true }),
            ConditionExpression: 'attribute_not_exists(id) OR version = :before',
            ExpressionAttributeValues: { ':before': { N: String(state.version - 1) } },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
