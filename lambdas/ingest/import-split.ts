import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { droppedFile, putObject } from '../../adapters/s3/drop-store.ts';
import { createPatientS3 } from '../../adapters/s3/patient-client.ts';
import { workKey } from '../../core/mapping/file-drop.ts';
import { earlierEvents } from './earlier-imports.ts';
import { closeFeed, openFeed } from './feed-files.ts';
import { type ImportRun, importRun } from './import-run.ts';
import { splitFile, splitProgress } from './split-file.ts';
import { plannedMapping, readJson } from './sum-up-import.ts';

/** Kept back to write the open chunk and the groups that are still open. */
const CLOSING_MS = 90_000;
const PROGRESS = 'progress.json';

const { DROP_BUCKET } = z.object({ DROP_BUCKET: z.string().min(1) }).parse(process.env);
const logger = new Logger();
const store = { client: createPatientS3(), bucket: DROP_BUCKET };

/** One step of reading a file; the workflow repeats it until the file has been read to its end. */
export async function handler(input: unknown, context: Context): Promise<ImportRun> {
  const deadlineMs = Date.now() + context.getRemainingTimeInMillis() - CLOSING_MS;
  const run = importRun.parse(input);
  const { taken, isWhole } = await earlierEvents(store, run);
  const progressKey = workKey(run.runId, PROGRESS);
  const isFirst = run.counts.rows === 0;
  const mapping = await plannedMapping(store, run.runId);
  const { items } = mapping;
  const feed = items && (await openFeed(store, run, items));
  const ports = {
    file: droppedFile(store, run),
    mapping,
    ...(feed !== undefined && { feed }),
    taken,
    progress: isFirst ? undefined : await readJson(store, progressKey, splitProgress),
    put: (key: string, body: string) => putObject(store, key, body),
    nowMs: Date.now,
  };
  const step = await splitFile({ ...run, isLedgerWhole: isWhole }, ports, deadlineMs);
  if (step.progress !== undefined) {
    await putObject(store, progressKey, JSON.stringify(step.progress));
  }
  if (feed !== undefined && items !== undefined) await closeFeed(store, step.run, feed, items);
  logger.info('split', { runId: run.runId, rows: step.run.counts.rows, isDone: step.run.isSplit });
  return step.run;
}
