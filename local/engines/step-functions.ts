import type { Faults } from '../faults.ts';
import { type Engine, startJsonService } from './json-service.ts';
import { objectsAt } from './step-functions/objects.ts';
import { stepFunctionsOperations } from './step-functions/operations.ts';
import {
  type MachineToDefine,
  Registry,
  type RegistryListeners,
} from './step-functions/registry.ts';
import type { InvokeLambda } from './step-functions/task.ts';

/**
 * AWS Step Functions, standard workflows: the Amazon States Language in JSONata and in plain JSONPath,
 * behind the wire protocol of its SDK client. What it doesn't implement it refuses when a machine is
 * defined, by JSON path. Waits and retries take the time they say. State lives in memory.
 */
export interface StepFunctionsOptions extends RegistryListeners {
  readonly invokeLambda: InvokeLambda;
  /** Where a distributed Map reads and writes. */
  readonly s3Endpoint: string;
  readonly faults?: Faults;
}

export interface StepFunctionsEngine extends Engine {
  define(machine: MachineToDefine): void;
  /** Starts an execution directly, as the scheduler does; gives its ARN. */
  startExecution(stateMachineArn: string, inputText: string): string;
}

export async function startStepFunctionsEngine(
  options: StepFunctionsOptions,
): Promise<StepFunctionsEngine> {
  const { invokeLambda, s3Endpoint, faults, onEvent, onMetric } = options;
  const objects = objectsAt(s3Endpoint);
  const world = { invokeLambda, objects, nowMs: () => Date.now(), random: () => Math.random() };
  const registry = new Registry(world, { onEvent, onMetric });
  const service = await startJsonService({
    name: 'Step Functions',
    target: 'AWSStepFunctions',
    version: '1.0',
    faultName: 'sfn',
    ...(faults === undefined ? {} : { faults }),
    throttlingError: 'ThrottlingException',
    operations: stepFunctionsOperations(registry),
  });
  return {
    endpoint: service.endpoint,
    define: (machine) => registry.define(machine),
    startExecution: (arn, inputText) => registry.start(arn, undefined, inputText).start.arn,
    async stop() {
      await registry.stopAll();
      await service.stop();
    },
  };
}
