import * as z from 'zod';
import { putNextTemplate } from '../../adapters/dynamodb/block-templates.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { writeExperiment } from '../../adapters/dynamodb/experiment-write.ts';
import { mappingDocuments } from '../../adapters/dynamodb/mapping-documents.ts';
import { RFM_KIND, SEGMENT_KIND } from '../../adapters/dynamodb/segmentation.ts';
import { SNAPSHOT_BOUNDS_KIND } from '../../adapters/dynamodb/snapshot-bounds.ts';
import { createSourceRegistry } from '../../adapters/dynamodb/source-registry.ts';
import { SUITE_KIND } from '../../adapters/dynamodb/suite-kind.ts';
import { ONLY_ID, TRAIT_TYPES_KIND } from '../../adapters/dynamodb/trait-types.ts';
import { templateProblemsOf } from '../../adapters/liquid/template-problems.ts';
import { pullDocument } from '../../adapters/sources/connectors.ts';
import {
  type BlockTemplate,
  blockTemplate,
  TEMPLATE_KIND,
} from '../../core/blocks/block-template.ts';
import { servingProblem } from '../../core/blocks/bundled-placements.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import {
  type RegisteredSchema,
  registeredSchema,
  replacementProblem,
} from '../../core/events/registered-schema.ts';
import { type SourceDocument, sourceDocument } from '../../core/events/source.ts';
import { EXPERIMENT_KIND, type Experiment, experiment } from '../../core/experiments/experiment.ts';
import { fileDropDocument, mappingConfig } from '../../core/mapping/file-drop.ts';
import { rfmBands } from '../../core/profile/rfm.ts';
import { segment } from '../../core/profile/segments.ts';
import { traitTypes } from '../../core/profile/trait-types.ts';
import { lakeProblem } from '../../core/quality/lake-datasets.ts';
import { snapshotBounds } from '../../core/quality/snapshot-expectations.ts';
import { type Suite, suite } from '../../core/quality/suite.ts';
import { PLACEMENT_KIND, type Placement, placementConfig } from '../../core/ranking/placement.ts';
import { webhookDocument } from '../../core/webhooks/webhook-document.ts';
import { UserError } from '../user-error.ts';
import type { ConfigTable } from './config-table.ts';

/** A kind of document in the config table, as `kindred config` handles it. */
export interface ConfigKind<Schema extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly schema: Schema;
  /** The id under which a document stands; nothing where it doesn't say it itself. */
  readonly idOf: (document: z.output<Schema>) => string | undefined;
  /** One line for the help. */
  readonly describe: string;
  /** How a document is written, where that takes more than putting it there. */
  readonly write?: (table: ConfigTable, document: z.output<Schema>) => Promise<void>;
}

/** States a kind in the types of its schema, and forgets them for the list. */
function kindOf<Schema extends z.ZodType>(stated: ConfigKind<Schema>): ConfigKind {
  const { kind, schema, describe, idOf, write } = stated;
  const base = {
    kind,
    schema,
    describe,
    idOf: (document: unknown) => idOf(schema.parse(document)),
  };
  if (write === undefined) return base;
  return { ...base, write: (table, document) => write(table, schema.parse(document)) };
}

/** Every kind that people write. What functions keep for themselves stands beside them and isn't listed. */
export const configKinds: readonly ConfigKind[] = [
  kindOf({
    kind: 'source',
    schema: sourceDocument,
    idOf: ({ sourceId }) => sourceId,
    describe: 'where events come from, and what they may be (docs/reference/sources.md)',
    write: writeWithStoredKeys,
  }),
  kindOf({
    kind: 'schema',
    schema: registeredSchema,
    idOf: ({ event }) => event,
    describe: 'the form of an event of your own (docs/how-to/register-an-event.md)',
    write: writeCompatible,
  }),
  kindOf({
    kind: 'pull',
    schema: pullDocument,
    idOf: () => undefined,
    describe: 'what Kindred reads by itself, and how often (docs/how-to/pull-sources.md)',
  }),
  kindOf({
    kind: 'webhook',
    schema: webhookDocument,
    // Its id is the source's, which the document leaves to the command line.
    idOf: () => undefined,
    describe: 'which ESP sends as a source (docs/how-to/esp-webhooks.md)',
  }),
  kindOf({
    kind: 'mapping',
    schema: mappingConfig,
    idOf: ({ id }) => id,
    describe: 'how rows of a file become events (docs/mapping-documents.md)',
    write: ({ client, name }, mapping) => mappingDocuments(client, name).put(mapping),
  }),
  kindOf({
    kind: SUITE_KIND,
    schema: suite,
    idOf: ({ suiteId }) => suiteId,
    describe: 'what is expected of a data set (docs/how-to/audit-your-data.md)',
    write: writeAuditable,
  }),
  kindOf({
    kind: PLACEMENT_KIND,
    schema: placementConfig,
    idOf: ({ id }) => id,
    describe: 'a slot in an email: strategies and rules (docs/how-to/edit-placements.md)',
    write: writeServable,
  }),
  kindOf({
    kind: 'fileDrop',
    schema: fileDropDocument,
    idOf: () => undefined,
    describe: 'which mapping a source’s dropped files have (docs/how-to/import-files.md)',
  }),
  kindOf({
    kind: SEGMENT_KIND,
    schema: segment,
    idOf: ({ segmentId }) => segmentId,
    describe: 'a group of customers, by conditions (docs/reference/profile.md)',
  }),
  kindOf({
    kind: RFM_KIND,
    schema: rfmBands,
    idOf: () => ONLY_ID,
    describe: 'bands of recency, frequency and monetary value (docs/reference/profile.md)',
  }),
  kindOf({
    kind: TRAIT_TYPES_KIND,
    schema: traitTypes,
    idOf: () => ONLY_ID,
    describe: 'which types traits have (docs/how-to/preferences-and-consent.md)',
  }),
  kindOf({
    kind: EXPERIMENT_KIND,
    schema: experiment,
    idOf: ({ experimentId }) => experimentId,
    describe: 'variants of a placement, and who gets which (docs/how-to/run-an-experiment.md)',
    write: writeUnlessBegun,
  }),
  kindOf({
    kind: SNAPSHOT_BOUNDS_KIND,
    schema: snapshotBounds,
    idOf: () => ONLY_ID,
    describe: 'what training expects of its data (docs/how-to/training-data.md)',
  }),
  kindOf({
    kind: TEMPLATE_KIND,
    schema: blockTemplate,
    idOf: ({ templateId }) => templateId,
    describe: 'how a block looks, in Liquid (docs/how-to/change-a-template.md)',
    write: writeSafeTemplate,
  }),
];

/** What the operators' API would refuse is refused here too. */
async function writeSafeTemplate(
  { client, name }: ConfigTable,
  template: BlockTemplate,
): Promise<void> {
  if (template.templateId === productGrid.templateId) {
    throw new UserError('The bundled template is not replaced.', 'Choose another templateId.');
  }
  const problems = templateProblemsOf(template.liquid);
  if (problems.length > 0) {
    throw new UserError(
      `The template can't be kept: ${problems.join('; ')}.`,
      'Nothing was written.',
    );
  }
  if (!(await putNextTemplate(client, name, template))) {
    throw new UserError(
      `Version ${template.version} is not the one after what is stored.`,
      `See it with \`kindred config get ${TEMPLATE_KIND} ${template.templateId}\`. Nothing was written.`,
    );
  }
}

/** A suite is audited at night: what the lake doesn't have is said now. */
async function writeAuditable({ client, name }: ConfigTable, document: Suite): Promise<void> {
  const problem = lakeProblem(document);
  if (problem !== undefined) {
    throw new UserError(`The suite can't be audited at night: ${problem}.`, 'Nothing was written.');
  }
  await configDocuments(client, name, SUITE_KIND, suite).put(document.suiteId, document);
}

/** Of an experiment that has begun the deal stays. */
async function writeUnlessBegun(
  { client, name }: ConfigTable,
  document: Experiment,
): Promise<void> {
  const written = await writeExperiment(client, name, document);
  if (written.kind === 'written') return;
  const { problem } = written;
  const text = typeof problem === 'string' ? problem : `${problem.path} ${problem.message}`;
  throw new UserError(`Not written: ${text}.`, 'Nothing was written.');
}

/** As it is, with its own version: whoever writes past the API says which one is in force. */
async function writeServable({ client, name }: ConfigTable, document: Placement): Promise<void> {
  const problem = servingProblem(document);
  if (problem !== undefined)
    throw new UserError(`It can't serve: ${problem}.`, 'Nothing was written.');
  const stored = configDocuments(client, name, PLACEMENT_KIND, z.unknown());
  await stored.put(document.id, { version: document.version, text: JSON.stringify(document) });
}

/** A schema that would refuse what its predecessor took needs a higher version. */
async function writeCompatible(
  { client, name }: ConfigTable,
  document: RegisteredSchema,
): Promise<void> {
  const documents = configDocuments(client, name, 'schema', registeredSchema);
  const problem = replacementProblem(await documents.get(document.event), document);
  if (problem !== undefined) {
    throw new UserError(problem, 'Nothing was written. Raise the version if the break is meant.');
  }
  await documents.put(document.event, document);
}

/** Keys are made and retired by `kindred source`, so that a document that was edited meanwhile revives none. */
async function writeWithStoredKeys(
  { client, name }: ConfigTable,
  document: SourceDocument,
): Promise<void> {
  const registry = createSourceRegistry(client, name);
  const stored = await registry.documents.get(document.sourceId);
  await registry.write({ ...document, writeKeys: stored?.writeKeys ?? [] }, stored);
}
