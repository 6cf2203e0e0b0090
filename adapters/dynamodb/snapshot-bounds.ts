import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import {
  type SnapshotBounds,
  shippedBounds,
  snapshotBounds,
} from '../../core/quality/snapshot-expectations.ts';
import { configDocuments } from './config-documents.ts';
import { ONLY_ID } from './trait-types.ts';

/** The kind of the document that says what is expected of snapshots; there is one of it, or none. */
export const SNAPSHOT_BOUNDS_KIND = 'snapshot';

/**
 * What the shop expects of snapshots, as shipped where it says nothing.
 * @throws Error for a stored document that is none: training by bounds that nobody meant is worse than not to train.
 */
export async function readSnapshotBounds(
  client: DynamoDBClient,
  configTable: string,
): Promise<SnapshotBounds> {
  const documents = configDocuments(client, configTable, SNAPSHOT_BOUNDS_KIND, z.unknown());
  const stored = await documents.get(ONLY_ID);
  if (stored === undefined) return shippedBounds;
  const parsed = snapshotBounds.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new Error(
    `the document ${SNAPSHOT_BOUNDS_KIND} ${ONLY_ID} is not valid (${z.prettifyError(parsed.error)}); ` +
      `write it again with \`kindred config put ${SNAPSHOT_BOUNDS_KIND} ${ONLY_ID} <file>\`, or delete it`,
  );
}
