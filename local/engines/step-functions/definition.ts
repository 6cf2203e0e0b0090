import type * as z from 'zod';
import {
  branchSchema,
  itemProcessorSchema,
  machineSchema,
  type QueryLanguage,
  stateSchemas,
} from './definition-schema.ts';
import { isObject } from './json.ts';
import { compileJsonPathState } from './json-path-state.ts';
import { compileJsonataState } from './jsonata-state.ts';
import type { Machine, Processor, State } from './machine.ts';
import { at, DefinitionRefused, refuse } from './refusal.ts';

export interface Definition extends Machine {
  readonly timeoutSeconds: number | undefined;
}

/** What compiling a state needs of its surroundings. */
export interface Surroundings {
  readonly path: string;
  readonly name: string;
  readonly compileBranch: (raw: unknown, path: string) => Machine;
  readonly compileProcessor: (raw: unknown, path: string) => Processor;
}

/** Compiles a definition (JSON text or value); throws DefinitionRefused naming each field it doesn't implement. */
export function compileDefinition(definition: unknown): Definition {
  const raw = typeof definition === 'string' ? parseJson(definition) : definition;
  refuseSubstitutions(raw, '$');
  const machine = check(machineSchema, raw, '$', 'a state machine');
  const language = machine.QueryLanguage ?? 'JSONPath';
  const compiled = compileStates(machine, '$', language, new Set());
  return { ...compiled, timeoutSeconds: machine.TimeoutSeconds };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse('$', `Not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** A `${Name}` that the template should have replaced would run as a function's name. */
function refuseSubstitutions(node: unknown, path: string): void {
  if (typeof node === 'string' && /\$\{[\w-]+\}/.test(node)) {
    refuse(path, `The substitution in "${node}" has no value; give it in DefinitionSubstitutions.`);
  }
  if (Array.isArray(node)) {
    for (const [index, member] of node.entries()) refuseSubstitutions(member, at(path, index));
  } else if (isObject(node)) {
    for (const [key, member] of Object.entries(node)) refuseSubstitutions(member, at(path, key));
  }
}

/** Parses with a strict schema and turns zod's issues into refusals with the whole JSON path. */
function check<T>(schema: z.ZodType<T>, raw: unknown, path: string, what: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new DefinitionRefused(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            path: at(path, ...issue.path, key),
            message: `The field ${key} isn't implemented for ${what}; remove it.`,
          }))
        : [{ path: at(path, ...issue.path), message: issue.message }],
    ),
  );
}

type RawStates = z.infer<typeof branchSchema>;

function compileStates(
  raw: RawStates,
  path: string,
  language: QueryLanguage,
  outerVariables: ReadonlySet<string>,
): Machine {
  const names = Object.keys(raw.States);
  if (!Object.hasOwn(raw.States, raw.StartAt)) {
    refuse(at(path, 'StartAt'), `There is no state "${raw.StartAt}" in States.`);
  }
  refuseShadowing(raw.States, path, outerVariables);
  const variables = new Set([...outerVariables, ...assignedNames(raw.States)]);
  const states = new Map<string, State>();
  for (const name of names) {
    const statePath = at(path, 'States', name);
    states.set(name, compileState(raw.States[name], name, statePath, language, variables));
  }
  checkFlow(raw.StartAt, states, path);
  return { startAt: raw.StartAt, states };
}

function compileState(
  raw: unknown,
  name: string,
  path: string,
  machineLanguage: QueryLanguage,
  variables: ReadonlySet<string>,
): State {
  const language = languageOf(raw, path, machineLanguage);
  const type = isObject(raw) ? raw.Type : undefined;
  const surroundings: Surroundings = {
    path,
    name,
    compileBranch: (branch, branchPath) =>
      compileStates(
        check(branchSchema, branch, branchPath, 'a branch'),
        branchPath,
        machineLanguage,
        variables,
      ),
    compileProcessor: (given, processorPath) => {
      const processor = check(itemProcessorSchema, given, processorPath, 'an ItemProcessor');
      const { ProcessorConfig: config } = processor;
      const executionType = config?.Mode === 'DISTRIBUTED' ? config.ExecutionType : undefined;
      // An execution of its own sees no variables of the one that started it.
      const outer = executionType === undefined ? variables : new Set<string>();
      const machine = compileStates(processor, processorPath, machineLanguage, outer);
      return { ...machine, executionType };
    },
  };
  const what = `a ${String(type)} state in ${language}`;
  return language === 'JSONata'
    ? compileJsonataState(check(stateSchemas.JSONata, raw, path, what), surroundings)
    : compileJsonPathState(check(stateSchemas.JSONPath, raw, path, what), surroundings);
}

function languageOf(raw: unknown, path: string, machineLanguage: QueryLanguage): QueryLanguage {
  const own = isObject(raw) ? raw.QueryLanguage : undefined;
  if (own === undefined || own === machineLanguage) return machineLanguage;
  if (own === 'JSONata') return 'JSONata';
  return refuse(at(path, 'QueryLanguage'), 'Only a JSONPath machine may have a state in another.');
}

/** AWS refuses a variable of a branch that bears the name of one outside it. */
function refuseShadowing(
  states: Record<string, unknown>,
  path: string,
  outer: ReadonlySet<string>,
): void {
  for (const [name, state] of Object.entries(states)) {
    for (const variable of assignedNames({ [name]: state })) {
      if (!outer.has(variable)) continue;
      refuse(
        at(path, 'States', name),
        `Assigns "${variable}", a variable of the machine around it; give it another name.`,
      );
    }
  }
}

function assignedNames(states: Record<string, unknown>): string[] {
  return Object.values(states).flatMap((state) => {
    if (!isObject(state)) return [];
    const rules = [state.Choices, state.Catch].flatMap((list) => (Array.isArray(list) ? list : []));
    return [state, ...rules].flatMap((holder) =>
      isObject(holder) && isObject(holder.Assign)
        ? Object.keys(holder.Assign).map((key) => key.replace(/\.\$$/, ''))
        : [],
    );
  });
}

/** Every target exists and every state can be reached. */
function checkFlow(startAt: string, states: ReadonlyMap<string, State>, path: string): void {
  const reached = new Set<string>();
  const waiting = [startAt];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const state = states.get(name);
    for (const target of state === undefined ? [] : targetsOf(state)) {
      if (states.has(target)) waiting.push(target);
      else refuse(at(path, 'States', name), `Leads to "${target}", which isn't in States.`);
    }
  }
  for (const name of states.keys()) {
    if (!reached.has(name)) refuse(at(path, 'States', name), 'No state leads here; remove it.');
  }
}

function targetsOf(state: State): readonly string[] {
  switch (state.type) {
    case 'Succeed':
    case 'Fail':
      return [];
    case 'Choice':
      return state.targets;
    case 'Pass':
    case 'Wait':
      return state.next === undefined ? [] : [state.next];
    default:
      return [
        ...(state.next === undefined ? [] : [state.next]),
        ...state.catch.map((catcher) => catcher.next),
      ];
  }
}
