import * as z from 'zod';
import { UserError } from '../user-error.ts';

/** A failed Lambda's cause is this document; other states' causes are plain text. */
const lambdaFailure = z.object({ errorType: z.string(), errorMessage: z.string() });

/** What to do about the errors that a training run is known to end with. */
const remedies: ReadonlyMap<string, string> = new Map([
  [
    'SnapshotRejected',
    'Send or import more events, or cure what is named above, and train again. ' +
      'The current model stays as it is.',
  ],
  [
    'AuditStops',
    'Look at the report (GET /v1/quality/reports), cure the data or the suite, audit again, and train ' +
      'again. The current model stays as it is.',
  ],
  [
    'DiskFull',
    'Raise memoryMb.snapshot or keep fewer days in the lake (cdk/environments.ts), and deploy. ' +
      'The current model stays as it is.',
  ],
  ['PointerMoved', 'Train again: the candidate is then compared with the model that is current.'],
  ['ImportedModelError', 'Put right what is named above in the file, and import it again.'],
  ['ArtefactDamaged', 'Train again: a new snapshot and a new candidate are written.'],
  [
    'States.Timeout',
    'Give the training functions more memory (and so more CPU), or hold out fewer days.',
  ],
]);

const REMEDY_OTHERWISE =
  'The log of the function that failed says more. The current model stays as it is.';

/** Says what ended a run and what to do about it. */
export function failureOf(error: string, cause: string): UserError {
  const lambda = lambdaFailure.safeParse(parseJson(cause)).data;
  const name = lambda?.errorType ?? error;
  const detail = lambda?.errorMessage ?? cause;
  return new UserError(
    `The training failed: ${detail === '' ? name : `${name}: ${detail}`}`,
    remedies.get(name) ?? REMEDY_OTHERWISE,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
