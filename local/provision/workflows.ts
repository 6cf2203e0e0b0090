import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { LambdaAnswer } from '../engines/step-functions/task.ts';
import type { InvokeResult } from '../lambda/lambda-function.ts';
import type { FunctionError } from '../lambda/runtime-message.ts';
import { type ResourceKind, type ResourcePlace, resourceKind } from '../template/resource-kind.ts';
import { TemplateError } from '../template/template-error.ts';
import { arnOf, type CloudParts } from './cloud-parts.ts';

const stateMachine = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal('STANDARD').optional(),
  DefinitionString: z.string().optional(),
  DefinitionS3Location: z.strictObject({ Bucket: z.string(), Key: z.string() }).optional(),
  DefinitionSubstitutions: z.record(z.string(), z.coerce.string()).default({}),
});

export function workflowKinds(parts: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::StepFunctions::StateMachine', stateMachine, (properties, place) => {
      const name = properties.StateMachineName ?? place.physicalName;
      const arn = arnOf(parts, 'states', `stateMachine:${name}`);
      try {
        parts.stepFunctions.define({
          name,
          arn,
          definition: definitionOf(properties, place),
          substitutions: properties.DefinitionSubstitutions,
          roleArn: 'arn:aws:iam::000000000000:role/local',
        });
      } catch (error) {
        throw new TemplateError(error instanceof Error ? error.message : String(error));
      }
      return { ref: arn, attributes: { Arn: arn, Name: name } };
    }),
  ];
}

/** A task's invocation: what Lambda answers, or its own error by name. */
export async function invokeForWorkflow(
  { functions }: Pick<CloudParts, 'functions'>,
  functionArn: string,
  payload: unknown,
): Promise<LambdaAnswer> {
  if (functions.find(functionArn) === undefined) {
    throw lambdaError('ResourceNotFoundException', `Function not found: ${functionArn}`);
  }
  const result: InvokeResult = await functions.invoke(functionArn, JSON.stringify(payload));
  switch (result.kind) {
    case 'response':
      return { payload: JSON.parse(result.payload) };
    case 'error':
      return { payload: errorPayload(result.error), functionError: 'Unhandled' };
    case 'refused':
      throw lambdaError(
        result.reason === 'throttled' ? 'TooManyRequestsException' : 'RequestTooLargeException',
        result.message,
      );
  }
}

function errorPayload({ errorType, errorMessage, trace = [] }: FunctionError) {
  return { errorType, errorMessage, trace: [...trace] };
}

function lambdaError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function definitionOf(
  { DefinitionString, DefinitionS3Location }: z.infer<typeof stateMachine>,
  { stack }: ResourcePlace,
): string {
  if (DefinitionString !== undefined) return DefinitionString;
  const file = stack.assets.get(DefinitionS3Location?.Key ?? '');
  if (file !== undefined) return readFileSync(file, 'utf8');
  throw new TemplateError('the state machine has no definition in the template or the assembly.');
}
