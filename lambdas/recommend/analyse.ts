import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import {
  experimentDocuments,
  readExperiments,
} from '../../adapters/dynamodb/experiment-documents.ts';
import { identityOwners } from '../../adapters/dynamodb/identity-owners.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { experimentId } from '../../core/experiments/experiment.ts';
import { periodOf } from '../../core/experiments/period.ts';
import { analyseExperiment } from './analyse-experiment.ts';

/** What the steps are asked, and answer: names and figures, never data. */
const analysisStep = z.discriminatedUnion('step', [
  /** Which experiments are to be analysed; as of the last whole day unless the request says another. */
  z.strictObject({
    step: z.literal('plan'),
    request: z
      .strictObject({
        day: z.iso.date().optional(),
        experiments: z.array(experimentId).min(1).optional(),
      })
      .nullish(),
  }),
  z.strictObject({ step: z.literal('analyse'), experimentId, day: z.iso.date() }),
]);

interface AnalysisPlan {
  readonly experiments: readonly { readonly experimentId: string; readonly day: string }[];
}

interface AnalysedExperiment {
  readonly experimentId: string;
  readonly verdict: string;
  readonly customers: number;
}

/** Node, the SDK and the customers' outcomes need what DuckDB may not take. */
const OWN_MEMORY_MB = 768;
/** Half for a day's files, half for what DuckDB puts out of memory. */
const DISK_PARTS = 2;
const DAY_MS = 24 * 60 * 60 * 1000;

const environment = z
  .object({
    LAKE_BUCKET: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    IDENTITIES_TABLE: z.string().min(1),
    ANALYSIS_DISK_MB: z.coerce.number().positive(),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().positive(),
  })
  .parse(process.env);

const logger = new Logger();
const metrics = new Metrics();
const dynamoDb = createDynamoDbClient(PATIENCE);
const { CONFIG_TABLE, IDENTITIES_TABLE, LAKE_BUCKET } = environment;
const ports = {
  lake: { client: createPatientS3(), bucket: LAKE_BUCKET },
  ownersOf: (refs: readonly string[]) => identityOwners(dynamoDb, IDENTITIES_TABLE, refs),
  bounds: {
    memoryMb: Math.max(256, environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE - OWN_MEMORY_MB),
    // Lambda gives a processor for each 1,769 MB.
    threads: Math.max(1, Math.round(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / 1_769)),
    diskMb: environment.ANALYSIS_DISK_MB / DISK_PARTS,
  },
  nowMs: Date.now,
};

/** A document is there that can't be analysed as it is. */
export class ExperimentUnusable extends Error {
  override readonly name = 'ExperimentUnusable';
}

/** One step of the nightly analysis; see statemachines/experiments.asl.json. */
export async function handler(input: unknown): Promise<AnalysisPlan | AnalysedExperiment> {
  const step = analysisStep.parse(input);
  if (step.step === 'analyse') return analyse(step.experimentId, step.day);
  const day = step.request?.day ?? lastWholeDay(Date.now());
  const ids = step.request?.experiments ?? (await dueOn(day));
  return { experiments: ids.map((id) => ({ experimentId: id, day })) };
}

async function dueOn(day: string): Promise<string[]> {
  const { experiments, unusableIds } = await readExperiments(
    readableTable({ client: dynamoDb, table: CONFIG_TABLE }),
  );
  if (unusableIds.length > 0) logger.warn('experiments that cannot be used', { unusableIds });
  return experiments.flatMap((one) => (periodOf(one, day) === undefined ? [] : [one.experimentId]));
}

async function analyse(id: string, day: string): Promise<AnalysedExperiment> {
  const experiment = await experimentDocuments(dynamoDb, CONFIG_TABLE).get(id);
  const period = experiment && periodOf(experiment, day);
  if (experiment === undefined || period === undefined) {
    throw new ExperimentUnusable(
      `${id} has nothing to analyse on ${day}: it is a draft, not there, has not begun, or is over for a month`,
    );
  }
  const results = await analyseExperiment(experiment, period, ports);
  const { verdict, sampleRatio, exposures } = results;
  const customers = exposures.reduce((sum, one) => sum + one.customers, 0);
  logger.info('experiment analysed', { experimentId: id, day, verdict, sampleRatio, customers });
  const isMismatch = sampleRatio?.isMismatch === true;
  metrics.addMetric('SampleRatioMismatch', MetricUnit.Count, isMismatch ? 1 : 0);
  metrics.publishStoredMetrics();
  return { experimentId: id, verdict, customers };
}

function lastWholeDay(nowMs: number): string {
  return new Date(nowMs - DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
