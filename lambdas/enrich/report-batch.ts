import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { BatchFailure, BatchReport } from './enrich-batch.ts';

/** Failures of one batch that are logged one by one; an outage fails them all alike. */
const FAILURES_LOGGED_MAX = 3;
/** One faulty source states the same trait wrongly again and again. */
const TRAITS_LOGGED_MAX = 3;

/** Writes what became of a batch as metrics, and why anything failed as logs without personal data. */
export function reportBatch(report: BatchReport, logger: Logger, metrics: Metrics): void {
  count(metrics, 'EventsFolded', report.foldedCount);
  count(metrics, 'EventsDuplicate', report.duplicateCount);
  count(metrics, 'EventsRedelivered', report.redeliveredCount);
  count(metrics, 'EventsErased', report.erasedCount);
  count(metrics, 'EventsPoison', report.poisonCount);
  count(metrics, 'ProfileConflicts', report.conflictCount);
  count(metrics, 'IdentitiesRefused', report.refusedIdentityCount);
  count(metrics, 'TraitsRefused', report.refusedTraits.length);
  for (const freshnessMs of report.freshnessMs) {
    metrics.addMetric('FreshnessMs', MetricUnit.Milliseconds, freshnessMs);
  }
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  if (report.unreadableItemCount > 0) {
    logger.warn('items of the catalogue left as they are: their stored form is unknown', {
      itemCount: report.unreadableItemCount,
    });
  }
  if (report.refusedTraits.length > 0) {
    logger.warn('traits of another type than declared are left out', {
      traits: report.refusedTraits.slice(0, TRAITS_LOGGED_MAX),
      traitCount: report.refusedTraits.length,
    });
  }
  for (const failure of report.failures.slice(0, FAILURES_LOGGED_MAX)) {
    logger.error('events wait for redelivery', {
      kind: failure.kind,
      cause: causeOf(failure),
      lowestSequenceNumber: report.failedSequenceNumbers[0],
      failedCount: report.failedSequenceNumbers.length,
      failureCount: report.failures.length,
    });
  }
}

function count(metrics: Metrics, name: string, value: number): void {
  if (value > 0) metrics.addMetric(name, MetricUnit.Count, value);
}

/** The SDK's messages name operations and tables; a validation's could quote an item, so it is cut off. */
function causeOf(failure: BatchFailure): string {
  if (failure.kind === 'refused') return failure.cause;
  if (failure.kind === 'contended') return 'the profile kept changing while it was written';
  const { error } = failure;
  return error instanceof Error ? error.name : 'unknown';
}
