import { readFileSync } from 'node:fs';
import { functionArn, type StepFunctionsHarness } from '../contract/step-functions-harness.ts';
import type { TrainingSteps } from './training-steps.ts';

/** The ARN of the training workflow over these handlers. */
export function defineTraining(workflow: StepFunctionsHarness, steps: TrainingSteps): string {
  let definition = readFileSync('statemachines/train.asl.json', 'utf8');
  for (const [name, handler] of Object.entries(steps)) {
    // As Lambda does: the answer is JSON, and a thrown error becomes a document.
    const arn = workflow.lambda(functionArn(name).split(':').at(-1) ?? name, async (payload) => {
      try {
        return { payload: JSON.parse(JSON.stringify(await handler(payload))) };
      } catch (error) {
        const { name: errorType, message: errorMessage } =
          error instanceof Error ? error : new Error(String(error));
        return { payload: { errorType, errorMessage, trace: [] }, functionError: 'Unhandled' };
      }
    });
    const placeholder = `\${${name.charAt(0).toUpperCase()}${name.slice(1)}FunctionArn}`;
    definition = definition.replace(placeholder, arn);
  }
  return workflow.define(withoutTask(definition));
}

/** As where no environment asks for a task: no snapshot is too large for the function. */
function withoutTask(definition: string): string {
  return definition
    .replace(/\$\{TaskInteractionsMin\}/u, String(Number.MAX_SAFE_INTEGER))
    .replaceAll(/\$\{Task\w+\}/gu, 'none');
}
