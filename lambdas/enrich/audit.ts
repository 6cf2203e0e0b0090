import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { PATIENCE } from '../../adapters/aws/patience.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { shopSuites } from '../../adapters/dynamodb/shop-suites.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { writeLatest } from '../../adapters/s3/quality-store.ts';
import { bundledSuites } from '../../core/quality/bundled-suites.ts';
import { type AuditedSuite, latestOf } from '../../core/quality/quality-index.ts';
import { datasetLoader } from './audit-data.ts';
import { type AuditConclusion, type AuditPlan, auditStep, lastWholeDay } from './audit-step.ts';
import { auditSuite } from './audit-suite.ts';

/** Node, the SDK and the rest of the function need what DuckDB may not take. */
const OWN_MEMORY_MB = 512;
/** Half for the files, half for what DuckDB puts out of memory. */
const DISK_PARTS = 2;
/** Some 400 MB of rows; beyond it statistics gain nothing. */
const TABLE_ROWS_MAX = 2_000_000;

const environment = z
  .object({
    LAKE_BUCKET: z.string().min(1),
    CONFIG_TABLE: z.string().min(1),
    CATALOGUE_TABLE: z.string().min(1),
    PROFILES_TABLE: z.string().min(1),
    AUDIT_DISK_MB: z.coerce.number().positive(),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().positive(),
  })
  .parse(process.env);

const logger = new Logger();
const metrics = new Metrics();
const s3 = createPatientS3();
const dynamoDb = createDynamoDbClient(PATIENCE);
const lake = { client: s3, bucket: environment.LAKE_BUCKET };
const bounds = {
  memoryMb: Math.max(256, environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE - OWN_MEMORY_MB),
  // Lambda gives a processor for each 1,769 MB.
  threads: Math.max(1, Math.round(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE / 1_769)),
  diskMb: environment.AUDIT_DISK_MB / DISK_PARTS,
  tableRowsMax: TABLE_ROWS_MAX,
};
const tables = { catalogue: environment.CATALOGUE_TABLE, profiles: environment.PROFILES_TABLE };
const ports = {
  quality: lake,
  loadDataset: datasetLoader({ curated: lake, dynamoDb, tables, bounds }),
  bounds,
  nowMs: Date.now,
};
const suites = shopSuites(dynamoDb, environment.CONFIG_TABLE, bundledSuites);

/** One step of the nightly audit; see statemachines/audit.asl.json. */
export async function handler(input: unknown): Promise<AuditPlan | AuditedSuite | AuditConclusion> {
  const step = auditStep.parse(input);
  switch (step.step) {
    case 'plan': {
      const day = step.request?.day ?? lastWholeDay(Date.now());
      const ids = step.request?.suites ?? (await suites.ids());
      return { day, suites: ids.map((suiteId) => ({ suiteId, day })) };
    }
    case 'audit':
      return audit(step.suiteId, step.day);
    case 'conclude':
      return conclude(step.day, step.suites.map(wholeResult));
  }
}

async function audit(suiteId: string, day: string): Promise<AuditedSuite> {
  const result = await auditSuite(await suites.get(suiteId), day, ports);
  logger.info('audited', { day, ...result });
  metrics.addMetric('AuditRows', MetricUnit.Count, result.rowCount);
  metrics.addMetric('AuditExpectationsUnmet', MetricUnit.Count, result.unmet.length);
  const holdsBack = result.verdict === 'quarantine' || result.verdict === 'stop';
  metrics.addMetric('AuditHoldsBack', MetricUnit.Count, holdsBack ? 1 : 0);
  metrics.publishStoredMetrics();
  return result;
}

async function conclude(day: string, results: readonly AuditedSuite[]): Promise<AuditConclusion> {
  const latest = latestOf(day, results, Date.now());
  await writeLatest(lake, latest);
  const stops = results
    .filter(({ verdict }) => verdict === 'stop' || verdict === 'failed')
    .map(({ suiteId, unmet, problem }) => `${suiteId}: ${problem || unmet.join(', ')}`);
  return { day, verdict: latest.verdict, stops };
}

/** What the state machine says of a suite whose audit ended in an error. */
function wholeResult(result: AuditedSuite | { suiteId: string; problem: string }): AuditedSuite {
  if ('verdict' in result) return result;
  return { ...result, dataset: result.suiteId, verdict: 'failed', unmet: [], rowCount: 0 };
}
