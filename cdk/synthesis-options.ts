import { type EnvironmentName, environmentNames, isEnvironmentName } from './environments.ts';

export interface SynthesisOptions {
  /** `dev` unless another, or `all`, is asked for: production is never meant by default. */
  readonly environments: readonly EnvironmentName[];
  /** Where the assembly goes; absent means the default. */
  readonly outputDirectory: string | undefined;
  readonly quiet: boolean;
  /** Further context values for the app. */
  readonly context: Readonly<Record<string, string>>;
}

/** A command line that cannot be followed; the message says what would be right. */
export class SynthesisOptionsError extends Error {}

/**
 * Reads the command line, and from `variables` KINDRED_ENV and what the CDK's command line sets
 * (CDK_OUTDIR, CDK_CONTEXT_JSON). The environment is the nearest of: `-c env=`, the CDK's context,
 * KINDRED_ENV.
 */
export function parseSynthesisOptions(
  commandLine: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): SynthesisOptions {
  const context: Record<string, string> = {};
  let outputDirectory = variables.CDK_OUTDIR;
  // Under the CDK's command line what is printed would only stand between its own lines.
  let quiet = outputDirectory !== undefined;
  const words = [...commandLine];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--quiet' || word === '-q') quiet = true;
    else if (word === '--output' || word === '-o')
      outputDirectory = argumentOf(word, words.shift());
    else if (word === '--context' || word === '-c') {
      const [key, value] = pair(argumentOf(word, words.shift()));
      context[key] = value;
    } else throw new SynthesisOptionsError(`unknown option ${word}; ${USAGE}`);
  }
  const name = context.env ?? cdkContextEnvironment(variables) ?? variables.KINDRED_ENV;
  return { environments: named(name), outputDirectory, quiet, context };
}

/** The name that stands for every environment at once. */
const ALL = 'all';

const USAGE = 'use [-c env=dev|staging|prod|all] [--output <directory>] [--quiet]';

function argumentOf(option: string, value: string | undefined): string {
  if (value === undefined || value === '') {
    throw new SynthesisOptionsError(`${option} needs a value; ${USAGE}`);
  }
  return value;
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new SynthesisOptionsError(`-c needs key=value, not "${text}"; ${USAGE}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function cdkContextEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const json = variables.CDK_CONTEXT_JSON;
  if (json === undefined) return undefined;
  const value: unknown = JSON.parse(json)?.env;
  return typeof value === 'string' ? value : undefined;
}

function named(name: string | undefined): readonly EnvironmentName[] {
  if (name === undefined || name === '') return ['dev'];
  if (name === ALL) return environmentNames;
  if (isEnvironmentName(name)) return [name];
  throw new SynthesisOptionsError(
    `no environment is called "${name}"; use one of ${[...environmentNames, ALL].join(', ')}`,
  );
}
