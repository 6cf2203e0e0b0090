import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EXPERIMENT_KIND, type Experiment, experiment } from '../../core/experiments/experiment.ts';
import { type ConfigDocuments, configDocuments, listDocuments } from './config-documents.ts';
import type { ReadableTable } from './item-reads.ts';

export function experimentDocuments(
  client: DynamoDBClient,
  configTable: string,
): ConfigDocuments<Experiment> {
  return configDocuments(client, configTable, EXPERIMENT_KIND, experiment);
}

/** Every experiment that can be used, and the ids of stored ones that this code can't use. */
export async function readExperiments(
  configTable: ReadableTable,
): Promise<{ readonly experiments: Experiment[]; readonly unusableIds: string[] }> {
  const stored = await listDocuments(configTable, EXPERIMENT_KIND);
  const read = stored.map(({ id, document }) => ({ id, parsed: experiment.safeParse(document) }));
  return {
    experiments: read.flatMap(({ parsed }) => parsed.data ?? []),
    unusableIds: read.flatMap(({ id, parsed }) => (parsed.success ? [] : [id])),
  };
}
