import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { noTraitTypes, type TraitTypes, traitTypes } from '../../core/profile/trait-types.ts';
import { configDocuments } from './config-documents.ts';
import { Remembered } from './remembered.ts';

/** The one document of its kind. */
export const TRAIT_TYPES_KIND = 'traitTypes';
export const ONLY_ID = 'default';

const FRESH_MS = 60_000;

/**
 * Reads which types the shop declares for traits, once a minute; none where nothing is declared, or what
 * is stored can't be used, which is told. While the table can't be asked the last reading goes on.
 * @throws what DynamoDB throws before the first reading.
 */
export function createTraitTypes(
  client: DynamoDBClient,
  configTable: string,
  onUnusable: () => void,
): () => Promise<TraitTypes> {
  const documents = configDocuments(client, configTable, TRAIT_TYPES_KIND, z.unknown());
  const remembered = new Remembered<TraitTypes>({
    freshMs: FRESH_MS,
    entriesMax: 1,
    load: async (id) => {
      const stored = await documents.get(id);
      if (stored === undefined) return noTraitTypes;
      const parsed = traitTypes.safeParse(stored);
      if (!parsed.success) onUnusable();
      return parsed.data ?? noTraitTypes;
    },
  });
  return async () => (await remembered.read(ONLY_ID)).value ?? noTraitTypes;
}
