import { statSync } from 'node:fs';
import * as z from 'zod';
import type { FunctionDefinition } from '../lambda/function-definition.ts';
import { type InvocationOutcome, LambdaFunction } from '../lambda/lambda-function.ts';
import { type ResourceKind, type ResourcePlace, resourceKind } from '../template/resource-kind.ts';
import { TemplateError } from '../template/template-error.ts';
import { arnOf, type CloudParts, putMetric } from './cloud-parts.ts';

const functionProperties = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Handler: z.string().regex(/^[\w/-]+\.\w+$/u, 'must be <file>.<export>'),
  /** The processes are of the Node that runs this. */
  Runtime: z.literal('nodejs24.x'),
  PackageType: z.literal('Zip').optional(),
  MemorySize: z.coerce.number().int().min(128).max(10_240).default(128),
  Timeout: z.coerce.number().int().min(1).max(900).default(3),
  ReservedConcurrentExecutions: z.coerce.number().int().min(0).optional(),
  Environment: z
    .strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) })
    .default({ Variables: {} }),
});

const permission = z.strictObject({
  Action: z.literal('lambda:InvokeFunction'),
  FunctionName: z.string(),
  Principal: z.string(),
});
const version = z.strictObject({ FunctionName: z.string() });
const alias = z.strictObject({
  FunctionName: z.string(),
  FunctionVersion: z.string(),
  Name: z.string(),
});

/** Functions, and who may invoke them. */
export function functionKinds(parts: CloudParts): ResourceKind[] {
  return [
    resourceKind('AWS::Lambda::Function', functionProperties, (properties, place) => {
      const definition = definitionOf(parts, properties, place);
      parts.functions.add(runnable(parts, definition));
      return { ref: definition.name, attributes: { Arn: definition.arn } };
    }),
    resourceKind('AWS::Lambda::Permission', permission, (properties, { physicalName }) => {
      const { arn } = definitionNamed(parts, properties.FunctionName);
      parts.permissions.add(permissionKey(arn, properties.Principal));
      return { ref: physicalName };
    }),
    resourceKind('AWS::Lambda::Version', version, ({ FunctionName }) => {
      const { arn } = definitionNamed(parts, FunctionName);
      return { ref: `${arn}:1`, attributes: { Version: '1', FunctionArn: `${arn}:1` } };
    }),
    resourceKind('AWS::Lambda::Alias', alias, ({ FunctionName, Name }) => {
      const { arn } = definitionNamed(parts, FunctionName);
      return { ref: `${arn}:${Name}`, attributes: { AliasArn: `${arn}:${Name}` } };
    }),
  ];
}

/** @throws TemplateError when the template has no function of this name or ARN. */
export function definitionNamed({ functions }: CloudParts, reference: string): FunctionDefinition {
  const found = functions.find(reference);
  if (found !== undefined) return found.definition;
  throw new TemplateError(`There is no function ${reference}.`);
}

export function permissionKey(functionArn: string, principal: string): string {
  return `${functionArn} ${principal}`;
}

function definitionOf(
  parts: CloudParts,
  properties: z.infer<typeof functionProperties>,
  { logicalId, physicalName, stack }: ResourcePlace,
): FunctionDefinition {
  const { Code, Environment, Handler, MemorySize, Timeout } = properties;
  const codeDirectory = stack.assets.get(Code.S3Key);
  if (codeDirectory === undefined || !statSync(codeDirectory, { throwIfNoEntry: false })) {
    throw new TemplateError(
      `the assembly has no code ${Code.S3Key}. Synthesize the app with \`npm run synth\`.`,
    );
  }
  const name = properties.FunctionName ?? physicalName;
  return {
    logicalId,
    name,
    arn: arnOf(parts, 'lambda', `function:${name}`),
    codeDirectory,
    handler: Handler,
    environment: Environment.Variables,
    memoryMb: MemorySize,
    timeoutMs: Timeout * 1000,
    reservedConcurrency: properties.ReservedConcurrentExecutions,
    region: parts.region,
  };
}

function runnable(parts: CloudParts, definition: FunctionDefinition): LambdaFunction {
  const functionName = definition.name;
  return new LambdaFunction({
    definition,
    endpoints: parts.endpoints,
    onLine: (line) => {
      const { kind } = parts.cloudWatch.ingestEmf(line);
      if (kind === 'embedded') return;
      parts.log({ kind: 'function', functionName: definition.logicalId, line });
    },
    onInvocation: (outcome) => countInvocation(parts, functionName, outcome),
  });
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
function countInvocation(
  parts: CloudParts,
  functionName: string,
  { kind, durationMs }: InvocationOutcome,
): void {
  const put = (name: string, value: number) =>
    putMetric(parts, 'AWS/Lambda', name, { FunctionName: functionName }, value);
  put('Throttles', kind === 'throttle' ? 1 : 0);
  if (kind === 'throttle') return;
  put('Invocations', 1);
  put('Errors', kind === 'error' ? 1 : 0);
  put('Duration', durationMs);
}
