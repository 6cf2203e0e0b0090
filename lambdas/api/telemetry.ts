import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import type { TemplateFailure } from './block-templates.ts';
import type { ModelFailure } from './current-model.ts';
import type { AnswerFacts } from './recommend.ts';

export const logger = new Logger();
export const metrics = new Metrics();

/** Counts one answer. Logs say what was unavailable, never for whom. */
export function countAnswer(facts: AnswerFacts): void {
  metrics.addMetric('RecommendationsServed', MetricUnit.Count, 1);
  metrics.addMetric('FallbackServed', MetricUnit.Count, facts.isFallback ? 1 : 0);
  metrics.addMetric('UnknownPlacement', MetricUnit.Count, facts.isUnknownPlacement ? 1 : 0);
  metrics.addMetric('UnknownCustomer', MetricUnit.Count, facts.isUnknownCustomer ? 1 : 0);
  metrics.addMetric('DependencyUnavailable', MetricUnit.Count, facts.unavailable.length);
  if (facts.modelAgeHours !== undefined) {
    metrics.addMetric('ModelAgeHours', MetricUnit.NoUnit, facts.modelAgeHours);
  }
  if (facts.unavailable.length > 0) {
    logger.warn('answered without a dependency', { unavailable: facts.unavailable });
  }
}

/** Counts a model that could not be read; whoever serves goes on with the last good one. */
export function countModelFailure(reason: string, failure: ModelFailure): void {
  metrics.addMetric('ModelLoadFailed', MetricUnit.Count, 1);
  // A pointer that is slow once rings nobody; a model that is damaged or missing stays so.
  metrics.addMetric('ModelUnreadable', MetricUnit.Count, failure === 'model' ? 1 : 0);
  logger.error('the current model cannot be used; the last good one stays', { reason });
}

/** Counts documents of placements and experiments that could not be read or used; the last good ones serve on. */
export function countDocumentFailure(reason: string): void {
  metrics.addMetric('DocumentReadFailed', MetricUnit.Count, 1);
  logger.error('placements or experiments could not be read anew; the last good ones stay', {
    reason,
  });
}

/** Counts a template that can't be used; the bundled one, or its last good version, answers. */
export function countTemplateFailure(templateId: string, failure: TemplateFailure): void {
  metrics.addMetric('TemplateFailed', MetricUnit.Count, 1);
  logger.error('a template cannot be used; the bundled one or its last version stays', {
    templateId,
    failure,
  });
}

/** Counts an answer that broke where nobody foresaw it. The error's own words could hold anything. */
export function countLastResort(error: unknown): void {
  metrics.addMetric('RecommendationsServed', MetricUnit.Count, 1);
  metrics.addMetric('FallbackServed', MetricUnit.Count, 1);
  logger.error('answered with static content after an unforeseen error', {
    error: error instanceof Error ? error.name : typeof error,
    stack: error instanceof Error ? error.stack?.split('\n').slice(1, 8) : undefined,
  });
}

/** Writes the invocation's metrics once it has its answer, however it came by it. */
export function publishMetrics(): MiddlewareObj {
  const publish = () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
}
