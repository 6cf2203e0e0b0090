/** An error with the name that Retry and Catch match: `States.*`, `Lambda.*` or the function's own. */
export class StateError extends Error {
  readonly errorName: string;
  readonly causeText: string;

  constructor(errorName: string, causeText: string) {
    super(`${errorName}: ${causeText}`);
    this.errorName = errorName;
    this.causeText = causeText;
  }
}

/** The `States.*` names that this interpreter raises, and the two that only match (`ALL`, `TaskFailed`). */
export const reservedErrorNames = [
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.DataLimitExceeded',
  'States.Runtime',
  'States.QueryEvaluationError',
  'States.ParameterPathFailure',
  'States.ResultPathMatchFailure',
  'States.NoChoiceMatched',
  'States.BranchFailed',
  'States.ExceedToleratedFailureThreshold',
  'States.ItemReaderFailed',
  'States.ResultWriterFailed',
  'States.Permissions',
] as const;

/** No wildcard catches these: AWS ends the execution. */
const terminalErrorNames = new Set(['States.DataLimitExceeded', 'States.Runtime']);

/** Whether a Retry or Catch entry's `ErrorEquals` covers this error. */
export function matchesError(errorEquals: readonly string[], errorName: string): boolean {
  if (errorEquals.includes(errorName)) return true;
  if (terminalErrorNames.has(errorName)) return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && errorName !== 'States.Timeout';
}

/** What a state hands to its Catch: always these two keys. */
export function errorOutputOf(error: StateError): { Error: string; Cause: string } {
  return { Error: error.errorName, Cause: error.causeText };
}
