import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import {
  type CompiledSchema,
  compileSchema,
  propertiesCheck,
  registeredSchema,
} from '../../core/events/registered-schema.ts';
import type { PropertiesCheck } from '../../core/events/validate-call.ts';
import { configDocuments } from './config-documents.ts';
import { sharedReading } from './shared-reading.ts';

/** How long a reading of the table is trusted: a new schema takes effect within this. */
const FRESH_MS = 60_000;

export interface RegisteredSchemas {
  /** The check of a source's custom events; throws only when the table never could be read. */
  checkFor(schemaMode: 'lenient' | 'strict'): Promise<PropertiesCheck>;
}

/**
 * The customer's own schemas, compiled once and kept for a minute; while the table can't be read the
 * last reading goes on. A document that can't be used is counted, and its event taken as it comes.
 */
export function createRegisteredSchemas(
  client: DynamoDBClient,
  configTable: string,
  countUnusable: (count: number) => void,
  nowMs: () => number = Date.now,
): RegisteredSchemas {
  const documents = configDocuments(client, configTable, 'schema', z.unknown());
  const read = async (): Promise<ReadonlyMap<string, CompiledSchema>> => {
    const { compiled, unusableCount } = compileAll(await documents.list());
    if (unusableCount > 0) countUnusable(unusableCount);
    return compiled;
  };
  const compiled = sharedReading(read, FRESH_MS, nowMs);
  return { checkFor: async (schemaMode) => propertiesCheck(await compiled(), schemaMode) };
}

const isFine: CompiledSchema = () => 'fine';

function compileAll(stored: readonly { readonly id: string; readonly document: unknown }[]): {
  compiled: ReadonlyMap<string, CompiledSchema>;
  unusableCount: number;
} {
  const compiled = new Map<string, CompiledSchema>();
  let unusableCount = 0;
  for (const { id, document } of stored) {
    const parsed = registeredSchema.safeParse(document);
    if (!parsed.success) {
      unusableCount += 1;
      compiled.set(id, isFine);
    } else {
      const { event, schema, status } = parsed.data;
      compiled.set(event, status === 'retired' ? isFine : compileSchema(schema));
    }
  }
  return { compiled, unusableCount };
}
