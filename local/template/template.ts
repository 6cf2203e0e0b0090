import * as z from 'zod';
import { TemplateError } from './template-error.ts';

/** What a template may hold before its functions are resolved: JSON. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type ValueRecord = { [key: string]: Value };

const value: z.ZodType<Value> = z.json();
const values = z.record(z.string(), value);

const resource = z.strictObject({
  Type: z.string(),
  Properties: values.optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
  Metadata: z.unknown().optional(),
  // What happens to data when a stack changes; a local cloud is made anew instead.
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});
export type Resource = z.infer<typeof resource>;

const parameter = z.looseObject({ Type: z.string(), Default: value.optional() });

const output = z.strictObject({
  Value: value,
  Description: z.string().optional(),
  Condition: z.string().optional(),
  Export: z.strictObject({ Name: value }).optional(),
});

/** Sections left out of the schema (Transform, Hooks) change what a template means: they are refused. */
const template = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), parameter).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), values)).default({}),
  Conditions: values.default({}),
  // Assertions about parameters at deployment; the CDK's own asks for a bootstrapped account.
  Rules: z.unknown().optional(),
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), output).default({}),
});
export type Template = z.infer<typeof template>;

/**
 * Checks the form of a template; `source` names it in the message.
 * @throws TemplateError for a section, or a resource's attribute, that isn't known.
 */
export function parseTemplate(document: unknown, source: string): Template {
  const parsed = template.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`${source} is not a template: ${z.prettifyError(parsed.error)}`);
}
