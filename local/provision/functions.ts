import * as z from 'zod';
import type { Json } from '../engines/step-functions/json.ts';
import type { LambdaAnswer } from '../engines/step-functions/task.ts';
import { LambdaFunction } from '../lambda/lambda-function.ts';
import type { Provider } from '../template/deploy.ts';
import { arn, type CloudParts, functionNamed } from './cloud-parts.ts';
import { physicalName } from './storage.ts';

const functionProperties = z.strictObject({
  FunctionName: z.string().optional(),
  Runtime: z.literal('nodejs24.x'),
  Handler: z.string().regex(/^\w+\.\w+$/u),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).optional(),
  MemorySize: z.number().int().default(128),
  Timeout: z.number().default(3),
  ReservedConcurrentExecutions: z.number().int().optional(),
  EphemeralStorage: z.strictObject({ Size: z.number() }).optional(),
});
const stateMachineProperties = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal('STANDARD').optional(),
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.string()).default({}),
});

/** Functions and state machines. */
export function functionProviders(parts: CloudParts): Record<string, Provider> {
  return {
    'AWS::Lambda::Function': async ({ stack, logicalId, properties, assets }) => {
      const declared = functionProperties.parse(properties);
      const name = declared.FunctionName ?? physicalName(stack, logicalId);
      const codeDirectory = assets.get(declared.Code.S3Key);
      if (codeDirectory === undefined)
        throw new Error(`The assembly has no asset ${declared.Code.S3Key}`);
      const target = new LambdaFunction({
        functionName: name,
        functionArn: arn('lambda', `function:${name}`),
        codeDirectory,
        handler: declared.Handler,
        timeoutMs: declared.Timeout * 1000,
        memoryMb: declared.MemorySize,
        environment: { ...declared.Environment?.Variables, ...parts.functionEnvironment },
        ...(declared.ReservedConcurrentExecutions === undefined
          ? {}
          : { reservedConcurrency: declared.ReservedConcurrentExecutions }),
        onLog: (line) => logFrom(parts, logicalId, line),
        onInvoked: (invoked) => putInvocationMetrics(parts, name, invoked),
      });
      parts.functions.set(name, { logicalId, target });
      parts.onStop.push(async () => target.stop());
      return { ref: name, attributes: { Arn: target.arn } };
    },
    'AWS::StepFunctions::StateMachine': async ({ stack, logicalId, properties }) => {
      const { StateMachineName, DefinitionString, DefinitionSubstitutions } =
        stateMachineProperties.parse(properties);
      const name = StateMachineName ?? physicalName(stack, logicalId);
      const machineArn = arn('states', `stateMachine:${name}`);
      const text = DefinitionString.replaceAll(
        /\$\{(\w+)\}/gu,
        (whole, variable: string) => DefinitionSubstitutions[variable] ?? whole,
      );
      parts.stepFunctions.define({
        name,
        arn: machineArn,
        definition: JSON.parse(text),
        roleArn: arn('iam', 'role/local'),
      });
      return { ref: machineArn, attributes: { Arn: machineArn, Name: name } };
    },
  };
}

/** How a state machine's task calls a function; the error document of a failure is its payload. */
export async function invokeForStateMachine(
  parts: CloudParts,
  functionArn: string,
  payload: Json,
): Promise<LambdaAnswer> {
  const result = await functionNamed(parts, functionArn).invoke(JSON.stringify(payload));
  const answer: Json = JSON.parse(result.payload);
  return result.functionError === undefined
    ? { payload: answer }
    : { payload: answer, functionError: result.functionError };
}

/** Metrics are taken out of the log; the rest of it is for people. */
function logFrom(parts: CloudParts, logicalId: string, line: string): void {
  if (parts.cloudWatch.metrics.ingestEmf(line)) return;
  parts.log({ source: 'function', text: `${logicalId}: ${line}` });
}

function putInvocationMetrics(
  parts: CloudParts,
  functionName: string,
  { durationMs, isError }: { durationMs: number; isError: boolean },
): void {
  const dimensions = { FunctionName: functionName };
  const put = (name: string, value: number) =>
    parts.cloudWatch.metrics.put({ namespace: 'AWS/Lambda', name, dimensions }, value, Date.now());
  put('Invocations', 1);
  put('Errors', isError ? 1 : 0);
  put('Duration', durationMs);
}
