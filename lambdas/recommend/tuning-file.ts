import * as z from 'zod';
import { modelParameters } from '../../core/training/model.ts';
import { type Tuning, trial } from '../../core/training/tune.ts';

/** What Train tells Evaluate beside the candidate: how its parameters were found. */
export const TUNING_FILE = 'tuning.json';

const tuningDocument = z.strictObject({
  parameters: modelParameters,
  trials: z.array(trial),
  customers: z.int().nonnegative(),
});

export function encodeTuning(tuning: Tuning): Uint8Array {
  return Buffer.from(`${JSON.stringify(tuning, null, 2)}\n`);
}

/** @throws ZodError or SyntaxError when the document is not what Train writes */
export function decodeTuning(bytes: Uint8Array): Tuning {
  return tuningDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
