import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ZodError } from 'zod';
import { bundledPlacements } from '../../core/blocks/bundled-placements.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { EXPERIMENT_KIND, type Experiment } from '../../core/experiments/experiment.ts';
import { replacementProblem } from '../../core/experiments/replacement.ts';
import {
  experimentServingProblem,
  type FieldProblem,
  type Ground,
} from '../../core/experiments/serving-problem.ts';
import { templateDocuments } from './block-templates.ts';
import { readableTable } from './client-reads.ts';
import { experimentDocuments } from './experiment-documents.ts';
import { readPlacement } from './placement-documents.ts';
import { putOverVersion } from './put-over-version.ts';

/** What became of a document; `problem` says why it was not written. */
export type ExperimentWritten =
  | { readonly kind: 'written' }
  | { readonly kind: 'conflict'; readonly problem: string }
  | { readonly kind: 'unservable'; readonly problem: FieldProblem };

/**
 * Writes an experiment in the place of the stored one, where the deal stays what it was and everything it names is
 * there. One that is being stopped is not asked for that.
 */
export async function writeExperiment(
  client: DynamoDBClient,
  table: string,
  document: Experiment,
): Promise<ExperimentWritten> {
  const documents = experimentDocuments(client, table);
  const stored = await documents.get(document.experimentId);
  const problem = replacementProblem(stored, document);
  if (problem !== undefined) return { kind: 'conflict', problem };
  if (document.status !== 'stopped') {
    const unservable = experimentServingProblem(document, await groundOf(client, table, document));
    if (unservable !== undefined) return { kind: 'unservable', problem: unservable };
  }
  const item = { ...document, kind: EXPERIMENT_KIND, id: document.experimentId };
  const isWritten = await putOverVersion(
    { client, table },
    marshall(item, { removeUndefinedValues: true }),
    stored?.version,
  );
  if (isWritten) return { kind: 'written' };
  return { kind: 'conflict', problem: 'another edit came first; read it again, and repeat yours' };
}

async function groundOf(
  client: DynamoDBClient,
  table: string,
  { placement: placementId, variants }: Experiment,
): Promise<Ground> {
  const templateIds = new Set<string>([productGrid.templateId]);
  const templates = templateDocuments(client, table);
  for (const { overrides } of variants) {
    const { template } = overrides;
    if (template === undefined || templateIds.has(template)) continue;
    if ((await templates.get(template)) !== undefined) templateIds.add(template);
  }
  const stored = await readPlacement(readableTable({ client, table }), placementId).catch(
    (error: unknown) => {
      // What can't be read is served by the bundled document, if there is one.
      if (error instanceof ZodError) return undefined;
      throw error;
    },
  );
  return { placement: stored ?? bundledPlacements.find(placementId), templateIds };
}
