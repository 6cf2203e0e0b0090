import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { mappingConfig } from '../../core/mapping/file-drop.ts';
import type { Mapping } from '../../core/mapping/mapping.ts';
import { configDocuments } from './config-documents.ts';

/** Mapping documents of the config table. */
export interface MappingDocuments {
  get(id: string): Promise<Mapping | undefined>;
  put(mapping: Mapping): Promise<void>;
}

export function mappingDocuments(client: DynamoDBClient, configTable: string): MappingDocuments {
  const stored = configDocuments(client, configTable, 'mapping', mappingConfig);
  const written = configDocuments(client, configTable, 'mapping', z.object({ text: z.string() }));
  return {
    get: (id) => stored.get(id),
    put: (mapping) => written.put(mapping.id, { text: JSON.stringify(mapping) }),
  };
}
