import * as z from 'zod';
import type { StackTemplate } from './assembly.ts';
import type { ValueRecord } from './template.ts';
import { TemplateError } from './template-error.ts';

export interface ResourcePlace {
  readonly logicalId: string;
  /** `<stack>-<logical id>`: the same at every start, so that kept data is found again. */
  readonly physicalName: string;
  readonly stack: StackTemplate;
}

/** What the rest of the template can refer to. */
export interface ProvisionedResource {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A type of resource that the local cloud makes. */
export interface ResourceKind {
  readonly type: string;
  /** @throws TemplateError for a property that isn't in the kind's schema. */
  provision(properties: ValueRecord, place: ResourcePlace): Promise<ProvisionedResource>;
}

/** A kind from the schema of the properties it understands, all of them, and how it is made. */
export function resourceKind<Schema extends z.ZodType>(
  type: string,
  schema: Schema,
  make: (
    properties: z.output<Schema>,
    place: ResourcePlace,
  ) => ProvisionedResource | Promise<ProvisionedResource>,
): ResourceKind {
  return {
    type,
    provision: async (properties, place) => {
      const parsed = schema.safeParse(properties);
      if (parsed.success) return make(parsed.data, place);
      throw new TemplateError(
        `the local cloud does not understand this:\n${z.prettifyError(parsed.error)}\n` +
          'Build it, or list the property in local/template/inert.ts with the reason.',
      );
    },
  };
}
