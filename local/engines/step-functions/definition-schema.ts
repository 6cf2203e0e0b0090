import * as z from 'zod';
import { distributedFields } from './distributed-map-schema.ts';
import { isExpression } from './jsonata-value.ts';
import { reservedErrorNames } from './state-error.ts';

/**
 * The Amazon States Language (https://states-language.net) as far as it is implemented here. Every
 * object is strict: a field that isn't listed is refused, never ignored. Not implemented on purpose:
 * a Distributed Map in JSONPath, callbacks and activities, heartbeats, credentials, intrinsic functions,
 * and the legacy Map fields Iterator and Parameters.
 */

/** AWS's own upper bound for a time-out or a wait, in seconds (about three years). */
const SECONDS_MAX = 99_999_999;

const expression = z.string().refine(isExpression, 'must be a JSONata expression, {% … %}');
const json = z.json();
const path = z.string();
const seconds = z.int().min(0).max(SECONDS_MAX);
const secondsAtLeastOne = z.int().min(1).max(SECONDS_MAX);
const text = z.string().min(1);

const described = { Comment: z.string().optional(), QueryLanguage: z.string().optional() };
const onward = { Next: text.optional(), End: z.boolean().optional() };
const assign = {
  Assign: z
    .record(z.string().regex(/^[A-Za-z_][\w.$]*$/), json)
    .refine((names) => !Object.hasOwn(names, 'states'), 'the name "states" is reserved')
    .optional(),
};

const errorEquals = z
  .array(text)
  .min(1)
  .refine((names) => names.length === 1 || !names.includes('States.ALL'), {
    error: 'States.ALL must stand alone',
  })
  .refine((names) => names.every(isKnownErrorName), {
    error: `a States.… name must be one of ${reservedErrorNames.join(', ')}`,
  });

function isKnownErrorName(name: string): boolean {
  return !name.startsWith('States.') || reservedErrorNames.some((reserved) => reserved === name);
}

const retrier = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: errorEquals,
  IntervalSeconds: secondsAtLeastOne.default(1),
  MaxAttempts: seconds.default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: secondsAtLeastOne.max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});
export type Retrier = z.infer<typeof retrier>;

const retries = { Retry: z.array(retrier).optional() };
const catcher = { Comment: z.string().optional(), ErrorEquals: errorEquals, Next: text };

// ── JSONata ───────────────────────────────────────────────────────────────────────────────────

const output = { Output: json.optional() };
const jsonataCatches = {
  Catch: z.array(z.strictObject({ ...catcher, ...assign, ...output })).optional(),
};
const jsonataBase = { ...described, ...assign, ...output };

const jsonataStates = {
  Task: z.strictObject({
    ...jsonataBase,
    ...onward,
    ...retries,
    ...jsonataCatches,
    Type: z.literal('Task'),
    Resource: text,
    Arguments: json,
    TimeoutSeconds: z.union([secondsAtLeastOne, expression]).optional(),
  }),
  Pass: z.strictObject({ ...jsonataBase, ...onward, Type: z.literal('Pass') }),
  Wait: z.strictObject({
    ...jsonataBase,
    ...onward,
    Type: z.literal('Wait'),
    Seconds: z.union([seconds, expression]).optional(),
    Timestamp: text.optional(),
  }),
  Choice: z.strictObject({
    ...jsonataBase,
    Type: z.literal('Choice'),
    Choices: z
      .array(
        z.strictObject({
          Comment: z.string().optional(),
          Condition: expression,
          Next: text,
          ...assign,
          ...output,
        }),
      )
      .min(1),
    Default: text.optional(),
  }),
  Succeed: z.strictObject({ ...described, ...output, Type: z.literal('Succeed') }),
  Fail: z.strictObject({
    ...described,
    Type: z.literal('Fail'),
    Error: z.string().optional(),
    Cause: z.string().optional(),
  }),
  Parallel: z.strictObject({
    ...jsonataBase,
    ...onward,
    ...retries,
    ...jsonataCatches,
    Type: z.literal('Parallel'),
    Branches: z.array(z.unknown()).min(1),
    Arguments: json.optional(),
  }),
  Map: z.strictObject({
    ...jsonataBase,
    ...onward,
    ...retries,
    ...jsonataCatches,
    Type: z.literal('Map'),
    Items: z.union([z.array(json), expression]).optional(),
    ItemSelector: json.optional(),
    ItemProcessor: z.unknown(),
    MaxConcurrency: z.union([z.int().min(0), expression]).optional(),
    ...distributedFields,
  }),
};

// ── JSONPath ──────────────────────────────────────────────────────────────────────────────────

const pathOrNull = z.union([path, z.null()]);
const inAndOut = { InputPath: pathOrNull.optional(), OutputPath: pathOrNull.optional() };
const resultPath = { ResultPath: pathOrNull.optional() };
const parameters = { Parameters: json.optional() };
const resultSelector = { ResultSelector: z.record(z.string(), json).optional() };
const jsonPathCatches = {
  Catch: z.array(z.strictObject({ ...catcher, ...resultPath })).optional(),
};
const jsonPathBase = { ...described, ...inAndOut };

const jsonPathStates = {
  Task: z.strictObject({
    ...jsonPathBase,
    ...onward,
    ...retries,
    ...jsonPathCatches,
    ...parameters,
    ...resultSelector,
    ...resultPath,
    ...assign,
    Type: z.literal('Task'),
    Resource: text,
    TimeoutSeconds: secondsAtLeastOne.optional(),
    TimeoutSecondsPath: path.optional(),
  }),
  Pass: z.strictObject({
    ...jsonPathBase,
    ...onward,
    ...parameters,
    ...resultPath,
    ...assign,
    Type: z.literal('Pass'),
    Result: json.optional(),
  }),
  Wait: z.strictObject({
    ...jsonPathBase,
    ...onward,
    ...assign,
    Type: z.literal('Wait'),
    Seconds: seconds.optional(),
    SecondsPath: path.optional(),
    Timestamp: text.optional(),
    TimestampPath: path.optional(),
  }),
  Choice: z.strictObject({
    ...jsonPathBase,
    Type: z.literal('Choice'),
    Choices: z.array(z.record(z.string(), json)).min(1),
    Default: text.optional(),
  }),
  Succeed: z.strictObject({ ...jsonPathBase, Type: z.literal('Succeed') }),
  Fail: z.strictObject({
    ...described,
    Type: z.literal('Fail'),
    Error: z.string().optional(),
    ErrorPath: path.optional(),
    Cause: z.string().optional(),
    CausePath: path.optional(),
  }),
  Parallel: z.strictObject({
    ...jsonPathBase,
    ...onward,
    ...retries,
    ...jsonPathCatches,
    ...parameters,
    ...resultSelector,
    ...resultPath,
    ...assign,
    Type: z.literal('Parallel'),
    Branches: z.array(z.unknown()).min(1),
  }),
  Map: z.strictObject({
    ...jsonPathBase,
    ...onward,
    ...retries,
    ...jsonPathCatches,
    ...resultSelector,
    ...resultPath,
    ...assign,
    Type: z.literal('Map'),
    ItemsPath: path.optional(),
    ItemSelector: json.optional(),
    ItemProcessor: z.unknown(),
    MaxConcurrency: z.int().min(0).optional(),
  }),
};

export const queryLanguages = ['JSONata', 'JSONPath'] as const;
export type QueryLanguage = (typeof queryLanguages)[number];

export const stateSchemas = {
  JSONata: z.discriminatedUnion('Type', [
    jsonataStates.Task,
    jsonataStates.Pass,
    jsonataStates.Wait,
    jsonataStates.Choice,
    jsonataStates.Succeed,
    jsonataStates.Fail,
    jsonataStates.Parallel,
    jsonataStates.Map,
  ]),
  JSONPath: z.discriminatedUnion('Type', [
    jsonPathStates.Task,
    jsonPathStates.Pass,
    jsonPathStates.Wait,
    jsonPathStates.Choice,
    jsonPathStates.Succeed,
    jsonPathStates.Fail,
    jsonPathStates.Parallel,
    jsonPathStates.Map,
  ]),
};
export type JsonataState = z.infer<typeof stateSchemas.JSONata>;
export type JsonPathState = z.infer<typeof stateSchemas.JSONPath>;
export type StateOf<S extends { Type: string }, T extends S['Type']> = Extract<S, { Type: T }>;

/** The parts of a machine, a branch and a Map's processor; the states follow one by one. */
export const machineSchema = z.strictObject({
  Comment: z.string().optional(),
  StartAt: text,
  States: z.record(text.max(80), z.unknown()),
  QueryLanguage: z.enum(queryLanguages).optional(),
  TimeoutSeconds: secondsAtLeastOne.optional(),
  Version: z.literal('1.0').optional(),
});
export const branchSchema = machineSchema.omit({
  QueryLanguage: true,
  TimeoutSeconds: true,
  Version: true,
});
export const itemProcessorSchema = branchSchema.extend({
  ProcessorConfig: z
    .discriminatedUnion('Mode', [
      z.strictObject({ Mode: z.literal('INLINE') }),
      z.strictObject({
        Mode: z.literal('DISTRIBUTED'),
        ExecutionType: z.enum(['STANDARD', 'EXPRESS']),
      }),
    ])
    .optional(),
});
