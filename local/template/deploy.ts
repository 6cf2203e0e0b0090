import type { StackDefinition } from './assembly.ts';
import { isInertProperty, isInertType } from './inert.ts';
import { holds, type ResolutionContext, resolve } from './intrinsics.ts';

/** What making a resource gives back to the template. */
export interface ProvisionedResource {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface ResourceRequest {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** Resolved, without the properties that are inert. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly assets: ReadonlyMap<string, string>;
}

/** Makes one resource of a type; throws when it doesn't understand a property. */
export type Provider = (request: ResourceRequest) => Promise<ProvisionedResource>;

export interface DeploymentOptions {
  readonly providers: Readonly<Record<string, Provider>>;
  readonly pseudoParameters: Readonly<Record<string, string>>;
  readonly dynamicReference: (reference: string) => string;
}

/**
 * Makes every resource of the stacks, each when it is first needed, and gives all outputs.
 * @throws Error naming the resource whose type or property is not understood, all of them at once
 * where it can be known before anything is made.
 */
export async function deploy(
  stacks: readonly StackDefinition[],
  options: DeploymentOptions,
): Promise<Record<string, string>> {
  refuseUnknownTypes(stacks, options.providers);
  const exports = new Map<string, unknown>();
  const outputs: Record<string, string> = {};
  for (const stack of stacks) {
    const context = createContext(stack, options, exports);
    for (const [id, resource] of Object.entries(stack.template.Resources)) {
      if (resource.Condition !== undefined && !(await holds(resource.Condition, context))) continue;
      await context.ref(id);
    }
    for (const [name, { Value, Export }] of Object.entries(stack.template.Outputs)) {
      const value = await resolve(Value, context);
      if (Export !== undefined) exports.set(String(await resolve(Export.Name, context)), value);
      outputs[name] = String(value);
    }
  }
  return outputs;
}

function refuseUnknownTypes(
  stacks: readonly StackDefinition[],
  providers: Readonly<Record<string, Provider>>,
): void {
  const unknown = stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => !isInertType(Type) && providers[Type] === undefined)
      .map(([id, { Type }]) => `${name}/${id}: ${Type}`),
  );
  if (unknown.length === 0) return;
  throw new Error(
    `The local cloud does not know these resource types, so it would run something else than deploys:\n  ${unknown.join('\n  ')}`,
  );
}

function createContext(
  { name, template, assets }: StackDefinition,
  options: DeploymentOptions,
  exports: ReadonlyMap<string, unknown>,
): ResolutionContext {
  const made = new Map<string, Promise<ProvisionedResource>>();

  const make = async (logicalId: string): Promise<ProvisionedResource> => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new Error(`${name} has no resource ${logicalId}`);
    const { Type: type, Properties } = resource;
    if (isInertType(type)) return { ref: logicalId };
    const properties: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(Properties)) {
      if (!isInertProperty(type, key)) properties[key] = await resolve(value, context);
    }
    const provider = options.providers[type];
    if (provider === undefined) throw new Error(`No provider of ${type}`);
    try {
      return await provider({ stack: name, logicalId, type, properties, assets });
    } catch (error) {
      throw new Error(
        `${name}/${logicalId} (${type}): ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  };
  const ensure = (logicalId: string): Promise<ProvisionedResource> => {
    const known = made.get(logicalId);
    if (known !== undefined) return known;
    const making = make(logicalId);
    made.set(logicalId, making);
    return making;
  };

  const context: ResolutionContext = {
    template,
    pseudoParameters: { ...options.pseudoParameters, 'AWS::StackName': name },
    dynamicReference: options.dynamicReference,
    ref: async (logicalId) => (await ensure(logicalId)).ref,
    attribute: async (logicalId, attribute) => {
      const { attributes } = await ensure(logicalId);
      const found = attributes?.[attribute];
      if (found !== undefined) return found;
      const type = template.Resources[logicalId]?.Type ?? '';
      if (isInertType(type)) return `arn:aws:inert:::${logicalId}/${attribute}`;
      throw new Error(`The local ${type} has no attribute ${attribute}`);
    },
    importValue: (exportName) => {
      if (!exports.has(exportName)) throw new Error(`No stack exports ${exportName}`);
      return exports.get(exportName);
    },
  };
  return context;
}
