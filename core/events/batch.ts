import { type Issue, kindOf } from './issue.ts';
import { isJsonObject } from './json-value.ts';
import { BATCH_CALLS_MAX, BATCH_SHARED_CHARACTERS_MAX } from './limits.ts';
import { structureIssue } from './structure.ts';

/** The calls of a request, each as its sender wrote it, with the batch's context merged in. */
export interface Batch {
  readonly calls: readonly unknown[];
  readonly sentAt: unknown;
}

export type BatchReading = Batch | { readonly problem: Issue; readonly isTooLarge: boolean };

/**
 * Opens the envelope `{batch, sentAt, context?, integrations?, writeKey?}`. The batch's context and
 * integrations apply to every call; what a call says itself goes before.
 */
export function readBatch(body: unknown): BatchReading {
  if (!isJsonObject(body)) {
    return malformed('', `expected an object with a batch, got ${kindOf(body)}`);
  }
  const { batch, sentAt, context, integrations } = body;
  if (!Array.isArray(batch)) {
    return malformed('batch', `expected an array of calls, got ${kindOf(batch)}`);
  }
  if (batch.length === 0) return malformed('batch', 'expected at least one call, got none');
  if (batch.length > BATCH_CALLS_MAX) {
    const message = `expected at most ${BATCH_CALLS_MAX} calls, got ${batch.length}; send several batches`;
    return { problem: { path: 'batch', message }, isTooLarge: true };
  }
  const shared = { context, integrations };
  const unfit = sharedProblem(shared);
  if (unfit !== undefined) return unfit;
  const isPlain = !isJsonObject(context) && !isJsonObject(integrations);
  return { calls: isPlain ? batch : batch.map((call) => merged(call, shared)), sentAt };
}

/** What every call of a batch repeats must be small: it is stored once per call. */
function sharedProblem(shared: {
  context: unknown;
  integrations: unknown;
}): BatchReading | undefined {
  const unsafe = structureIssue(shared);
  if (unsafe !== undefined) return { problem: unsafe, isTooLarge: false };
  if (JSON.stringify(shared).length <= BATCH_SHARED_CHARACTERS_MAX) return undefined;
  const message = `expected at most ${BATCH_SHARED_CHARACTERS_MAX} characters with integrations; put what is special to a call into the call`;
  return { problem: { path: 'context', message }, isTooLarge: true };
}

function merged(call: unknown, shared: { context: unknown; integrations: unknown }): unknown {
  if (!isJsonObject(call)) return call;
  const result: Record<string, unknown> = { ...call };
  for (const name of ['context', 'integrations'] as const) {
    const common = shared[name];
    const own = call[name] ?? undefined;
    if (!isJsonObject(common)) continue;
    // An own value of a wrong type is left for validation to refuse.
    if (own === undefined) result[name] = common;
    else if (isJsonObject(own)) result[name] = { ...common, ...own };
  }
  return result;
}

function malformed(path: string, message: string): BatchReading {
  return { problem: { path, message }, isTooLarge: false };
}
