import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { createCatalogueStore } from '../../adapters/dynamodb/catalogue-store.ts';
import { createDynamoDbClient } from '../../adapters/dynamodb/client.ts';
import { configDocuments } from '../../adapters/dynamodb/config-documents.ts';
import { createPullStates } from '../../adapters/dynamodb/pull-states.ts';
import { readSourceSecrets } from '../../adapters/secrets/source-secrets.ts';
import {
  createConnector,
  type PullDocument,
  pullDocument,
} from '../../adapters/sources/connectors.ts';
import { guardedHttp } from '../../adapters/sources/guarded-http.ts';
import { IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import { notDue } from '../../core/events/pull-state.ts';
import { sourceDocument } from '../../core/events/source.ts';
import { takeIn } from './intake.ts';
import { createIntake, intakeVariables } from './intake-services.ts';
import { type PullReport, runPull } from './pull-run.ts';
import { takeProductsBy } from './take-products.ts';

/** What the state machine and `kindred pull run` ask. */
const request = z.discriminatedUnion('kind', [
  /** Which sources are to be read now. */
  z.strictObject({ kind: z.literal('due') }),
  z.strictObject({
    kind: z.literal('run'),
    sourceId: z.string().min(1),
    /** Even if it is not due. */
    isForced: z.boolean().default(false),
  }),
]);

type DueSources = { readonly sources: readonly { readonly sourceId: string }[] };
type PullAnswer = DueSources | (PullReport & { readonly sourceId: string });

/** Kept back to take a last page in and to write where the run stands. */
const CLOSING_MS = 60_000;
/** A page's events on the stream, throttled or not. */
const TAKE_MS_MAX = 30_000;
const PATIENCE = { attemptsMax: 4, connectMsMax: 1_000, attemptMsMax: 3_000 };

const environment = intakeVariables
  .extend({ CATALOGUE_TABLE: z.string().min(1), SOURCE_SECRETS_ID: z.string().min(1) })
  .parse(process.env);

const logger = new Logger();
const metrics = new Metrics();
const dynamoDb = createDynamoDbClient(PATIENCE);
const pulls = configDocuments(dynamoDb, environment.CONFIG_TABLE, 'pull', pullDocument);
const sources = configDocuments(dynamoDb, environment.CONFIG_TABLE, 'source', sourceDocument);
const catalogue = createCatalogueStore(dynamoDb, environment.CATALOGUE_TABLE);
const states = createPullStates(dynamoDb, environment.CONFIG_TABLE);
const { ports: intake, schemas } = createIntake(environment, metrics, dynamoDb);
/** One pool of connections per set of rules, kept between invocations. */
const http = {
  public: guardedHttp({ allowPrivateAddresses: false }),
  private: guardedHttp({ allowPrivateAddresses: true }),
};

/** Lists the sources that are due, or reads one of them as far as the time goes. */
export async function handler(input: unknown, context: Context): Promise<PullAnswer> {
  const asked = request.parse(input);
  try {
    if (asked.kind === 'due') return { sources: await dueSources() };
    const report = await pull(asked.sourceId, asked.isForced, context);
    return { sourceId: asked.sourceId, ...report };
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

async function dueSources(): Promise<{ sourceId: string }[]> {
  const nowMs = Date.now();
  const due: { sourceId: string }[] = [];
  let stalenessMs = 0;
  for (const { id, document } of await pulls.list()) {
    if (!document.isEnabled) continue;
    const state = await states.get(id);
    if (state === undefined || notDue(state, document.everySeconds, nowMs) === undefined) {
      due.push({ sourceId: id });
    }
    const lastMs = state?.finishedAtMs ?? state?.startedAtMs ?? nowMs;
    // Beyond its own rhythm: a source that is read daily is not stale after an hour.
    stalenessMs = Math.max(stalenessMs, nowMs - lastMs - document.everySeconds * 1000);
  }
  metrics.addMetric('PullLagSeconds', MetricUnit.Seconds, Math.max(0, stalenessMs) / 1000);
  return due;
}

async function pull(sourceId: string, isForced: boolean, context: Context): Promise<PullReport> {
  const document = await pulls.get(sourceId);
  if (document === undefined || (!document.isEnabled && !isForced)) {
    return { outcome: 'skipped', reason: 'no enabled pull document', pageCount: 0, recordCount: 0 };
  }
  const leftMs = context.getRemainingTimeInMillis();
  const connector = await connectorOf(sourceId, document);
  try {
    const report = await runPull(
      {
        sourceId,
        document,
        owner: context.awsRequestId,
        isForced,
        deadlineMs: Date.now() + leftMs - CLOSING_MS,
        signal: AbortSignal.timeout(Math.max(1, leftMs - CLOSING_MS / 2)),
      },
      {
        states,
        connector,
        take: (calls) => take(sourceId, calls),
        takeProducts: takeProductsBy(catalogue, (itemCount) =>
          logger.warn('items of the catalogue left as they are: their stored form is unknown', {
            itemCount,
          }),
        ),
        nowMs: Date.now,
      },
    );
    tell(sourceId, report);
    return report;
  } finally {
    await connector.close?.();
  }
}

async function connectorOf(sourceId: string, document: PullDocument) {
  return createConnector(document.connector, {
    http: document.allowPrivateAddresses ? http.private : http.public,
    secrets: await readSourceSecrets(environment.SOURCE_SECRETS_ID, sourceId),
    egress: { allowPrivateAddresses: document.allowPrivateAddresses },
    nowMs: Date.now,
  });
}

/** With the source's own document, where there is one: its priority, families and schemas count. */
async function take(sourceId: string, calls: readonly unknown[]): Promise<void> {
  const source = (await sources.get(sourceId)) ?? sourceDocument.parse({ sourceId });
  const arrival = {
    source,
    check: await schemas.checkFor(source.schemaMode),
    receivedAtMs: Date.now(),
    callBytesMax: IMPORT_CALL_BYTES_MAX,
    mayHoldEmail: true,
  };
  await takeIn(calls, arrival, intake, Date.now() + TAKE_MS_MAX);
}

function tell(sourceId: string, report: PullReport): void {
  metrics.addMetric('PullRecords', MetricUnit.Count, report.recordCount);
  metrics.addMetric('PullPages', MetricUnit.Count, report.pageCount);
  metrics.addMetric('PullFailures', MetricUnit.Count, report.outcome === 'failed' ? 1 : 0);
  if (report.outcome === 'failed') logger.error('pull failed', { sourceId, ...report });
  else logger.info('pulled', { sourceId, ...report });
}
