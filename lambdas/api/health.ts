import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Model } from '../../core/training/model.ts';

/** GET /v1/health */
export const healthPath = /\/v1\/health\/?$/;

/**
 * Says that the endpoint answers, and with which model. Without one it is `degraded`, still 200:
 * blocks are served all the same, from lower rungs, and restarting anything would not help.
 */
export function answerHealth(model: Model | undefined): APIGatewayProxyResult {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify({
      status: model === undefined ? 'degraded' : 'ok',
      model: model?.id ?? '',
      items: model?.items.length ?? 0,
    }),
  };
}
