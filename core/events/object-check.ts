import * as z from 'zod';
import { type Issue, issuesOf } from './issue.ts';
import { isJsonObject } from './json-value.ts';
import { type SureCheck, sureCheckOf } from './sure-check.ts';

/** What a schema says of an object: its fields in settled form, or what is wrong with them. */
export type Settled =
  | { readonly kind: 'settled'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'wrong'; readonly issues: readonly Issue[] };

/** A loose object's schema, made ready to be asked a million times. */
export interface ObjectCheck {
  /** See SureCheck: true spares the rest. */
  readonly isSure: SureCheck;
  /** Asks zod about the fields that are not surely fine; the structure must be known to be safe. */
  readonly settle: (value: unknown, level: number) => Settled;
}

interface Field {
  readonly name: string;
  readonly schema: z.core.$ZodType;
  readonly isSure: SureCheck;
  /** Whether it may be missing, and is then left missing. */
  readonly isOptional: boolean;
  /** The fields of a field that is an object itself, where no check stands for it as a whole. */
  readonly fields: readonly Field[] | undefined;
}

/** `special` gives the checks of fields that no leaf stands for; see sure-check.ts. */
export function objectCheckOf(
  schema: z.ZodObject,
  special: ReadonlyMap<z.core.$ZodType, SureCheck> = new Map(),
): ObjectCheck {
  const fields = fieldsOf(schema, special);
  return {
    isSure: sureCheckOf(schema, special),
    settle: (value, level) => {
      if (!isJsonObject(value)) return wrong(schema, value);
      const outcome = settleFields(fields, value, level);
      if (outcome.issues.length === 0) return { kind: 'settled', fields: outcome.value };
      return { kind: 'wrong', issues: issuesOf(outcome.issues, value) };
    },
  };
}

function fieldsOf(
  schema: z.ZodObject,
  special: ReadonlyMap<z.core.$ZodType, SureCheck>,
): readonly Field[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const inner = presentOf(field);
    return {
      name,
      schema: field,
      isSure: sureCheckOf(field, special),
      isOptional: isOptional(field),
      fields: inner instanceof z.ZodObject ? fieldsOf(inner, special) : undefined,
    };
  });
}

/** The schema of a value that is there. */
function presentOf(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return isWrapped ? presentOf(schema.unwrap()) : schema;
}

interface Outcome<Value> {
  readonly value: Value;
  readonly issues: readonly z.core.$ZodIssue[];
}

function settleFields(
  fields: readonly Field[],
  value: Readonly<Record<string, unknown>>,
  level: number,
): Outcome<Readonly<Record<string, unknown>>> {
  const issues: z.core.$ZodIssue[] = [];
  let changed: Record<string, unknown> | undefined;
  for (const { name, schema, isSure, isOptional, fields: inner } of fields) {
    // A name such as `constructor` may be a field, never one of the prototype's.
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (field === undefined ? isOptional : isSure(field, level + 1)) continue;
    const outcome =
      inner !== undefined && isJsonObject(field)
        ? settleFields(inner, field, level + 1)
        : run(schema, field);
    for (const issue of outcome.issues) issues.push({ ...issue, path: [name, ...issue.path] });
    if (outcome.value === field) continue;
    changed ??= { ...value };
    changed[name] = outcome.value;
  }
  return { value: changed ?? value, issues };
}

function isOptional(schema: z.core.$ZodType): boolean {
  const { value, issues } = run(schema, undefined);
  return issues.length === 0 && value === undefined;
}

function wrong(schema: z.core.$ZodType, value: unknown): Settled {
  return { kind: 'wrong', issues: issuesOf(run(schema, value).issues, value) };
}

const SYNCHRONOUS = { async: false } as const;

/**
 * What `safeParse` does, without making an Error: its stack is most of the time that a refusal takes,
 * and nobody reads it.
 */
function run(schema: z.core.$ZodType, value: unknown): Outcome<unknown> {
  const outcome = schema._zod.run({ value, issues: [] }, SYNCHRONOUS);
  if (outcome instanceof Promise) throw new Error('schemas of events are synchronous');
  if (outcome.issues.length === 0) return { value: outcome.value, issues: [] };
  return { value: outcome.value, issues: outcome.issues.map(worded) };
}

/** A complaint with the words of the schema that made it; issue.ts has the words for all others. */
function worded(issue: z.core.$ZodRawIssue): z.core.$ZodIssue {
  const wordsOf = issue.inst?._zod.def?.error as z.core.$ZodErrorMap | undefined;
  const own = issue.message ?? wordsOf?.(issue);
  const message = (typeof own === 'string' ? own : own?.message) ?? 'Invalid input';
  // zod's own finishing does the same, and would bring all of zod's core into the bundle.
  return { ...issue, path: issue.path ?? [], message } as z.core.$ZodIssue;
}
