import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { parseSuite, type Suite } from '../../core/quality/suite.ts';
import { configDocuments } from './config-documents.ts';
import { SUITE_KIND } from './suite-kind.ts';

/** The suites that are audited: what the shop registered, and what is bundled where it registered none. */
export interface ShopSuites {
  ids(): Promise<string[]>;
  /** @throws SuiteError for a document that is none, Error where there is none at all. */
  get(suiteId: string): Promise<Suite>;
}

export function shopSuites(
  client: DynamoDBClient,
  configTable: string,
  bundled: readonly Suite[],
): ShopSuites {
  const documents = configDocuments(client, configTable, SUITE_KIND, z.unknown());
  return {
    async ids() {
      const own = await documents.list();
      return [...new Set([...bundled.map(({ suiteId }) => suiteId), ...own.map(({ id }) => id)])];
    },
    async get(suiteId) {
      const own = await documents.get(suiteId);
      if (own !== undefined) return parseSuite(own, `the document ${SUITE_KIND} ${suiteId}`);
      const found = bundled.find((suite) => suite.suiteId === suiteId);
      if (found !== undefined) return found;
      throw new Error(`there is no suite ${suiteId}; see \`kindred config list ${SUITE_KIND}\``);
    },
  };
}
