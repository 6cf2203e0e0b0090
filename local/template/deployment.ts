import type { StackTemplate } from './assembly.ts';
import { isInertType, withoutInertProperties } from './inert.ts';
import { resolveCondition, resolveValue, type Scope } from './intrinsics.ts';
import type { ProvisionedResource, ResourceKind } from './resource-kind.ts';
import { resourceOrder } from './resource-order.ts';
import type { Resource, Value, ValueRecord } from './template.ts';
import { TemplateError } from './template-error.ts';

export interface DeploymentOptions {
  readonly stacks: readonly StackTemplate[];
  readonly kinds: ReadonlyMap<string, ResourceKind>;
  readonly region: string;
  readonly accountId: string;
  /** The current value of a secret that has been made; undefined for one that hasn't. */
  readonly secretValue: (secretId: string) => string | undefined;
  /** Gives the local address for AWS's in a value that has just been resolved. */
  readonly localAddress: (text: string) => string;
}

export interface Deployment {
  /** Outputs of all stacks. */
  readonly outputs: Record<string, string>;
}

/**
 * Makes every resource of the stacks in the order of their references, as CloudFormation would.
 * @throws TemplateError for the types that are not known, all of them at once, and for a property.
 */
export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  refuseUnknownTypes(options);
  const exported = new Map<string, Value>();
  const outputs: Record<string, string> = {};
  for (const stack of options.stacks) {
    const made = new Map<string, ProvisionedResource>();
    const scope = scopeOf(stack, made, exported, options);
    for (const logicalId of resourceOrder(stack.template)) {
      const resource = stack.template.Resources[logicalId];
      if (resource === undefined || !isWanted(resource, scope)) continue;
      made.set(logicalId, await make(stack, logicalId, resource, scope, options));
    }
    addOutputs(stack, scope, options, exported, outputs);
  }
  return { outputs };
}

function refuseUnknownTypes({ stacks, kinds }: DeploymentOptions): void {
  const unknown = stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => !kinds.has(Type) && !isInertType(Type))
      .map(([logicalId, { Type }]) => `${Type} (${logicalId} of ${name})`),
  );
  if (unknown.length === 0) return;
  throw new TemplateError(
    `The local cloud does not know these resources: ${unknown.join(', ')}. ` +
      'Build them in local/provision, or list them in local/template/inert.ts with the reason.',
  );
}

function isWanted({ Condition }: Resource, scope: Scope): boolean {
  return Condition === undefined || scope.condition(Condition);
}

async function make(
  stack: StackTemplate,
  logicalId: string,
  resource: Resource,
  scope: Scope,
  options: DeploymentOptions,
): Promise<ProvisionedResource> {
  const place = `${logicalId} of ${stack.name} (${resource.Type})`;
  try {
    const physicalName = `${stack.name}-${logicalId}`;
    const kind = options.kinds.get(resource.Type);
    if (kind === undefined) return inertResource(resource.Type, physicalName, options);
    const properties: ValueRecord = {};
    for (const [name, value] of Object.entries(resource.Properties ?? {})) {
      const resolved = resolveValue(value, scope);
      if (resolved !== undefined) properties[name] = withLocalAddresses(resolved, options);
    }
    const understood = withoutInertProperties(resource.Type, properties);
    return await kind.provision(understood, { logicalId, physicalName, stack });
  } catch (error) {
    // A full disk, say, is no fault of the template.
    if (!(error instanceof Error) || 'code' in error) throw error;
    throw new TemplateError(`${place}: ${error.message}`, { cause: error });
  }
}

/** An inert resource has a name and answers for every attribute with an ARN of the right form. */
function inertResource(
  type: string,
  physicalName: string,
  { region, accountId }: DeploymentOptions,
): ProvisionedResource {
  const service = type.split('::')[1]?.toLowerCase() ?? 'local';
  const arn = `arn:aws:${service}:${region}:${accountId}:${physicalName}`;
  return { ref: physicalName, attributes: { Arn: arn, Id: physicalName } };
}

function addOutputs(
  { name, template }: StackTemplate,
  scope: Scope,
  options: DeploymentOptions,
  exported: Map<string, Value>,
  outputs: Record<string, string>,
): void {
  for (const [key, output] of Object.entries(template.Outputs)) {
    if (output.Condition !== undefined && !scope.condition(output.Condition)) continue;
    const value = withLocalAddresses(resolveValue(output.Value, scope) ?? null, options);
    if (output.Export !== undefined) {
      exported.set(String(resolveValue(output.Export.Name, scope)), value);
      // An export is for the other stacks; only what a person named is an output of the system.
      if (key.startsWith('ExportsOutput')) continue;
    }
    if (Object.hasOwn(outputs, key)) {
      throw new TemplateError(
        `Two stacks have the output ${key}, the second is ${name}. ` +
          'Synthesize one environment at a time, e.g. `node cdk/app.ts -c env=dev`.',
      );
    }
    outputs[key] = String(value);
  }
}

function withLocalAddresses(value: Value, options: DeploymentOptions): Value {
  if (typeof value === 'string') return options.localAddress(value);
  if (Array.isArray(value)) return value.map((entry) => withLocalAddresses(entry, options));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, withLocalAddresses(entry, options)]),
  );
}

function scopeOf(
  stack: StackTemplate,
  made: ReadonlyMap<string, ProvisionedResource>,
  exported: ReadonlyMap<string, Value>,
  options: DeploymentOptions,
): Scope {
  const { template } = stack;
  const scope: Scope = {
    ref: (name) => {
      if (name === 'AWS::NoValue') return undefined;
      const pseudo = pseudoParameters(stack, options)[name];
      const value = pseudo ?? made.get(name)?.ref ?? template.Parameters[name]?.Default;
      if (value === undefined) throw new TemplateError(`Ref finds no ${name}.`);
      return value;
    },
    attribute: (logicalId, attribute) => {
      const value = made.get(logicalId)?.attributes?.[attribute];
      if (value !== undefined) return value;
      throw new TemplateError(`Fn::GetAtt finds no ${logicalId}.${attribute}.`);
    },
    importValue: (name) => {
      const value = exported.get(name);
      if (value !== undefined) return value;
      throw new TemplateError(`No stack before ${stack.name} exports ${name}.`);
    },
    condition: (name) => {
      const expression = template.Conditions[name];
      if (expression === undefined) throw new TemplateError(`There is no condition ${name}.`);
      return resolveCondition(expression, scope);
    },
    mapping: (map, topLevelKey, secondLevelKey) => {
      const value = template.Mappings[map]?.[topLevelKey]?.[secondLevelKey];
      if (value !== undefined) return value;
      throw new TemplateError(`Fn::FindInMap finds no ${map}.${topLevelKey}.${secondLevelKey}.`);
    },
    secret: (secretId, jsonKey) => readSecret(secretId, jsonKey, options),
  };
  return scope;
}

function pseudoParameters(
  { name }: StackTemplate,
  { region, accountId }: DeploymentOptions,
): Readonly<Record<string, string>> {
  return {
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/local`,
    'AWS::StackName': name,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

function readSecret(
  secretId: string,
  jsonKey: string | undefined,
  { secretValue }: DeploymentOptions,
): string {
  const value = secretValue(secretId);
  if (value === undefined) throw new TemplateError(`There is no secret ${secretId} to read.`);
  if (jsonKey === undefined) return value;
  const entry: unknown = JSON.parse(value)[jsonKey];
  if (typeof entry === 'string') return entry;
  throw new TemplateError(`The secret ${secretId} has no text under ${jsonKey}.`);
}
