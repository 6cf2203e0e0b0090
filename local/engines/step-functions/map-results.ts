import * as z from 'zod';
import type { Execution } from './execution.ts';
import type { Json, JsonObject } from './json.ts';
import type { Objects } from './objects.ts';
import { StateError } from './state-error.ts';

const destination = z.strictObject({ Bucket: z.string().min(1), Prefix: z.string().default('') });

/**
 * Writes what became of the child executions, a file per status, and the manifest that names them.
 * Gives the state's result. AWS begins another file past some gigabytes; here there is one of each.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
 */
export async function writeResults(
  given: Json,
  mapRunArn: string,
  children: readonly Execution[],
  objects: Objects,
): Promise<JsonObject> {
  try {
    const { Bucket, Prefix } = destination.parse(given);
    const mapRunId = mapRunArn.split(':').at(-1) ?? '';
    const folder = [Prefix.replace(/\/$/u, ''), mapRunId].filter((part) => part !== '').join('/');
    const put = async (status: string, chosen: readonly Execution[]) => {
      if (chosen.length === 0) return [];
      const text = JSON.stringify(chosen.map(executionResult));
      const key = `${folder}/${status}_0.json`;
      await objects.put(Bucket, key, text);
      return [{ Key: key, Size: Buffer.byteLength(text) }];
    };
    const succeeded = children.filter(({ status }) => status === 'SUCCEEDED');
    const failed = children.filter(({ status }) => status !== 'SUCCEEDED');
    const manifest = {
      DestinationBucket: Bucket,
      MapRunArn: mapRunArn,
      ResultFiles: {
        FAILED: await put('FAILED', failed),
        PENDING: [],
        SUCCEEDED: await put('SUCCEEDED', succeeded),
      },
    };
    const key = `${folder}/manifest.json`;
    await objects.put(Bucket, key, JSON.stringify(manifest));
    return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket, Key: key } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateError('States.ResultWriterFailed', reason);
  }
}

function executionResult({ start, startedAtMs, endedAtMs, status, ending }: Execution) {
  return {
    ExecutionArn: start.arn,
    Input: start.inputText,
    InputDetails: { Included: true },
    Name: start.name,
    ...(ending?.status === 'SUCCEEDED'
      ? { Output: JSON.stringify(ending.output), OutputDetails: { Included: true } }
      : { Error: ending?.error ?? '', Cause: ending?.cause ?? '' }),
    RedriveCount: 0,
    StartDate: new Date(startedAtMs).toISOString(),
    StateMachineArn: start.machine.arn,
    Status: status,
    StopDate: new Date(endedAtMs ?? startedAtMs).toISOString(),
  };
}
