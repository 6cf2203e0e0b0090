import * as z from 'zod';
import { createSendSigned, endpointSet, regionInUse } from '../aws/signed-request.ts';
import type { StoredItem } from './batch-read.ts';
import type { ItemReads, ReadOptions } from './item-reads.ts';
import { isStoredItem } from './stored-item.ts';

/** Those who wait for a read give up before; nothing outlives them by much. */
const ATTEMPT_MS_MAX = 2_000;
/** As the SDK has it for DynamoDB: the first pause is 25 ms at most, since an answer waits. */
const PAUSE_MS_BASE = 12.5;

/** DynamoDB refused a read, could not be reached, or answered in another form. The message carries nothing of an item. */
export class ItemReadError extends Error {
  override readonly name = 'ItemReadError';
}

const storedItem = z.custom<StoredItem>(isStoredItem);
const gotItem = z.object({ Item: storedItem.optional() });
const gotItems = z.object({
  Responses: z.record(z.string(), z.array(storedItem)).optional(),
  UnprocessedKeys: z.record(z.string(), z.object({ Keys: z.array(storedItem) })).optional(),
});
const queryPage = z.object({
  Items: z.array(storedItem).optional(),
  LastEvaluatedKey: storedItem.optional(),
});

/**
 * Operations of DynamoDB in AWS JSON 1.0 as signed POSTs: the SDK's client would be a third of what a serving function
 * reads at a cold start, and a fifth of the time to its first answer (decision 0211).
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 */
export function createSignedReads({ attemptsMax }: { readonly attemptsMax: number }): ItemReads {
  const send = createSendSigned('dynamodb');
  const ask = async <Answer extends z.ZodType>(
    operation: string,
    form: Answer,
    input: object,
    { abortSignal }: ReadOptions = {},
  ): Promise<z.output<Answer>> => {
    const request = {
      method: 'POST',
      url: endpointSet('DYNAMODB') ?? new URL(`https://dynamodb.${regionInUse()}.amazonaws.com`),
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body: Buffer.from(JSON.stringify(input)),
    } as const;
    const attempts = {
      ...{ attemptsMax, attemptMsMax: ATTEMPT_MS_MAX, pauseMsBase: PAUSE_MS_BASE },
      deadlineMs: Date.now() + attemptsMax * ATTEMPT_MS_MAX,
      ...{ isTemporary, abortSignal },
    };
    try {
      const answer: unknown = JSON.parse((await send(request, attempts)).toString());
      // Interpreted: zod's compiling takes a process that has just started longer than it ever saves of so little.
      return form.parse(answer, { jitless: true });
    } catch (cause) {
      throw new ItemReadError(`${operation} was not answered`, { cause });
    }
  };
  return {
    getItem: (input, options) => ask('GetItem', gotItem, input, options),
    batchGetItem: (input, options) => ask('BatchGetItem', gotItems, input, options),
    query: (input, options) => ask('Query', queryPage, input, options),
  };
}

/**
 * Of the refusals with a status of 4xx those that pass, by their names.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const PASSING = /"__type"\s*:\s*"[^"]*(Throttl|ThroughputExceeded|RequestLimitExceeded)/;

function isTemporary(status: number, text: string): boolean {
  return status >= 500 || status === 429 || PASSING.test(text);
}
