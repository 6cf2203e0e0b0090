import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { readableTable } from '../../adapters/dynamodb/client-reads.ts';
import { readPointer } from '../../adapters/dynamodb/model-pointer.ts';
import { deleteModel, listModels } from '../../adapters/s3/model-list.ts';
import { expendableModels, type ModelRetention } from '../../core/training/model-retention.ts';
import { models, pointerTable } from './recommend-environment.ts';

const retention: ModelRetention = z
  .object({
    MODELS_KEPT_MAX: z.coerce.number().int().nonnegative(),
    MODELS_KEPT_DAYS_MIN: z.coerce.number().positive(),
  })
  .transform(({ MODELS_KEPT_MAX, MODELS_KEPT_DAYS_MIN }) => ({
    publishedMax: MODELS_KEPT_MAX,
    daysMin: MODELS_KEPT_DAYS_MIN,
  }))
  .parse(process.env);

const logger = new Logger();

/**
 * Deletes the models that nobody needs any more. The pointer is read again before each: one that was
 * rolled back to meanwhile stays.
 */
export async function handler(): Promise<{ readonly deleted: readonly string[] }> {
  const listed = await listModels(models);
  const pointer = await readPointer(readableTable(pointerTable), { consistent: true });
  const deleted: string[] = [];
  for (const id of expendableModels(listed, pointer, retention, Date.now())) {
    const now = await readPointer(readableTable(pointerTable), { consistent: true });
    if (id === now?.current || id === now?.previous) continue;
    await deleteModel(models, id);
    deleted.push(id);
  }
  logger.info('models retained', { listed: listed.length, deleted });
  return { deleted };
}
