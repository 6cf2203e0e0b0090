import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { defaultRfmBands, type RfmBands, rfmBands } from '../../core/profile/rfm.ts';
import { type Segment, segment } from '../../core/profile/segments.ts';
import { configDocuments } from './config-documents.ts';
import { ONLY_ID } from './trait-types.ts';

export const SEGMENT_KIND = 'segment';
export const RFM_KIND = 'rfm';

/** The shop's own division of its customers. */
export interface Segmentation {
  readonly segments: readonly Segment[];
  /** The default ones where the shop has none, or none that can be used. */
  readonly bands: RfmBands;
  /** Ids of stored segments that this code can't use. */
  readonly unusableIds: readonly string[];
}

/** Reads it anew. @throws what DynamoDB throws. */
export async function readSegmentation(
  client: DynamoDBClient,
  configTable: string,
): Promise<Segmentation> {
  const [stored, bands] = await Promise.all([
    configDocuments(client, configTable, SEGMENT_KIND, z.unknown()).list(),
    configDocuments(client, configTable, RFM_KIND, z.unknown()).get(ONLY_ID),
  ]);
  const read = stored.map(({ id, document }) => ({ id, parsed: segment.safeParse(document) }));
  return {
    segments: read.flatMap(({ parsed }) => parsed.data ?? []),
    bands: rfmBands.safeParse(bands).data ?? defaultRfmBands,
    unusableIds: read.flatMap(({ id, parsed }) => (parsed.success ? [] : [id])),
  };
}
