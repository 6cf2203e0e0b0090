import { createSendSigned, endpointSet, regionInUse } from '../aws/signed-request.ts';

/** Kinesis refused a record or could not be reached; the message carries nothing of it. */
export class PutEventError extends Error {
  override readonly name = 'PutEventError';
}

/** Resolves once the record is durable; tried once, as nobody waits longer. @throws PutEventError */
export type PutEvent = (
  record: { readonly data: Uint8Array; readonly partitionKey: string },
  deadlineMs: number,
) => Promise<void>;

/**
 * The operation PutRecord in AWS JSON 1.1, as a signed POST: the SDK's client would be a fifth of what a serving function
 * reads at a cold start (decision 0115).
 * Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 */
export function createPutEvent(streamName: string): PutEvent {
  const send = createSendSigned('kinesis');
  return async ({ data, partitionKey }, deadlineMs) => {
    const url = endpointSet('KINESIS') ?? new URL(`https://kinesis.${regionInUse()}.amazonaws.com`);
    const record = {
      StreamName: streamName,
      Data: Buffer.from(data).toString('base64'),
      PartitionKey: partitionKey,
    };
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Kinesis_20131202.PutRecord',
    };
    const body = Buffer.from(JSON.stringify(record));
    const attempts = {
      ...{ attemptsMax: 1, attemptMsMax: Math.max(1, deadlineMs - Date.now()), deadlineMs },
      isTemporary: () => false,
    };
    try {
      await send({ method: 'POST', url, headers, body }, attempts);
    } catch (cause) {
      throw new PutEventError('the record was not taken', { cause });
    }
  };
}
