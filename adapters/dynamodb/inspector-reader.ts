import { type DynamoDBClient, paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb';
import { type InspectionPage, inspectionPage } from '../../core/events/inspection/fact.ts';
import { SOURCES_PARTITION } from './inspector-log.ts';

/** Sources that are asked for at once; an account has some dozens. */
const SOURCES_MAX = 100;

export interface InspectorReader {
  /** The newest pages of a source that were written since then (ISO 8601 UTC), at most `pagesMax`. */
  pages(sourceId: string, since: string, pagesMax: number): Promise<InspectionPage[]>;
  /** Sources that have sent anything of late. */
  sourceIds(): Promise<string[]>;
}

export function createInspectorReader(client: DynamoDBClient, table: string): InspectorReader {
  return {
    async pages(sourceId, since, pagesMax) {
      const pages: InspectionPage[] = [];
      const query = {
        TableName: table,
        KeyConditionExpression: '#source = :source AND #at >= :since',
        ExpressionAttributeNames: { '#source': 'source', '#at': 'at' },
        ExpressionAttributeValues: { ':source': { S: sourceId }, ':since': { S: since } },
        ScanIndexForward: false,
        Limit: pagesMax,
      };
      for await (const answer of paginateQuery({ client }, query)) {
        for (const item of answer.Items ?? []) {
          pages.push(inspectionPage.parse(JSON.parse(item.page?.S ?? 'null')));
          if (pages.length === pagesMax) return pages;
        }
      }
      return pages;
    },
    async sourceIds() {
      const answer = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: '#source = :sources',
          ExpressionAttributeNames: { '#source': 'source' },
          ExpressionAttributeValues: { ':sources': { S: SOURCES_PARTITION } },
          Limit: SOURCES_MAX,
        }),
      );
      return (answer.Items ?? []).flatMap(({ at }) => (at?.S === undefined ? [] : [at.S]));
    },
  };
}
