import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { type DoorSuite, doorSuite } from '../../core/quality/door-suite.ts';
import { compileEventCheck, type EventCheck } from '../../core/quality/row-check.ts';
import { configDocuments } from './config-documents.ts';
import { sharedReading } from './shared-reading.ts';
import { SUITE_KIND } from './suite-kind.ts';

/** How long a reading of the table is trusted: a new suite takes effect within this. */
const FRESH_MS = 60_000;

/** What the shop expects of each event, where it registered a suite that says such a thing. */
export type EventExpectations = () => Promise<EventCheck | undefined>;

/**
 * Read once a minute, and gone on with while the table can't be read. A document that can't be used is
 * counted, and no event is judged by it.
 */
export function createEventExpectations(
  client: DynamoDBClient,
  configTable: string,
  countUnusable: (count: number) => void,
  nowMs: () => number = Date.now,
): EventExpectations {
  const documents = configDocuments(client, configTable, SUITE_KIND, z.unknown());
  const read = async (): Promise<EventCheck | undefined> => {
    const { suites, unusableCount } = usable(await documents.list());
    if (unusableCount > 0) countUnusable(unusableCount);
    return compileEventCheck(suites);
  };
  return sharedReading(read, FRESH_MS, nowMs);
}

function usable(stored: readonly { readonly document: unknown }[]): {
  suites: DoorSuite[];
  unusableCount: number;
} {
  const suites = stored.flatMap(({ document }) => doorSuite.safeParse(document).data ?? []);
  return { suites, unusableCount: stored.length - suites.length };
}
