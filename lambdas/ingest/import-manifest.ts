import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { type ImportManifest, importRun } from './import-run.ts';
import { sumUpImport, tellFailure } from './sum-up-import.ts';

/** A run that is through, or one that failed with what Step Functions says of it. */
const request = z.object({
  run: importRun,
  error: z.object({ Error: z.string(), Cause: z.string().default('') }).exactOptional(),
});

/** What a function says of its error, as Step Functions passes it on. */
const cause = z.object({ errorMessage: z.string() });

const { DROP_BUCKET } = z.object({ DROP_BUCKET: z.string().min(1) }).parse(process.env);
const logger = new Logger();
const metrics = new Metrics();
const store = { client: createPatientS3(), bucket: DROP_BUCKET };

/** What the workflow ends with: figures, which also stand in the manifest. */
type Told = Pick<ImportManifest, 'status' | 'rows' | 'outcomes' | 'events' | 'feed'>;

/** Last step of an import: tells beside the file what became of its rows. */
export async function handler(input: unknown): Promise<Told> {
  const { run, error } = request.parse(input);
  const manifest =
    error === undefined
      ? await sumUpImport(run, store, Date.now())
      : await tellFailure(run, problemOf(error), store, Date.now());
  const { status, rows, outcomes, events, feed } = manifest;
  logger.info('import', { runId: run.runId, source: run.source.sourceId, status, rows, events });
  if (status === 'done') count(manifest);
  return { status, rows, outcomes, events, ...(feed !== undefined && { feed }) };
}

function count({ outcomes, feed }: ImportManifest): void {
  metrics.addMetric('FilesImported', MetricUnit.Count, 1);
  metrics.addMetric('FileRowsAccepted', MetricUnit.Count, outcomes.accepted);
  metrics.addMetric('FileRowsDuplicate', MetricUnit.Count, outcomes.duplicate);
  metrics.addMetric('FileRowsQuarantined', MetricUnit.Count, sum(outcomes.quarantined));
  if (feed !== undefined) {
    metrics.addMetric('FeedItemsWritten', MetricUnit.Count, feed.written ?? 0);
    metrics.addMetric('FeedItemsRemoved', MetricUnit.Count, feed.removed);
    metrics.addMetric('FeedsHeldBack', MetricUnit.Count, feed.heldBack === undefined ? 0 : 1);
  }
  metrics.publishStoredMetrics();
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, rows) => total + rows, 0);
}

/** What of an error may be told: our own words, and of any other error its name alone. */
function problemOf(error: { Error: string; Cause: string }): string {
  if (error.Error !== 'ImportRefused') return `The import broke off (${error.Error}).`;
  try {
    return cause.parse(JSON.parse(error.Cause)).errorMessage;
  } catch {
    return 'The file could not be imported.';
  }
}
