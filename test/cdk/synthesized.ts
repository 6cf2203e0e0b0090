import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { NativeBinding } from '../../cdk/constructs/native-binding.ts';
import { type Environment, type EnvironmentName, environments } from '../../cdk/environments.ts';
import { kindredApp } from '../../cdk/kindred-app.ts';

export const root = join(import.meta.dirname, '..', '..');

/** A resource of a template, as loosely typed as CloudFormation is. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are JSON of any shape
  readonly Properties?: any;
  readonly DeletionPolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** The app without its bundles, which templates don't depend on; tells each handler that a function asks for. */
export function appOf(
  chosen: Partial<Readonly<Record<EnvironmentName, Environment>>>,
  outputDirectory: string,
  onHandler: (entryFile: string, native?: NativeBinding) => void = () => {},
) {
  const cdkJson = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  return kindredApp({
    environments: chosen,
    root,
    outputDirectory,
    context: cdkJson.context,
    code: (entryFile, _, native) => {
      onHandler(entryFile, native);
      return Code.fromAsset(join(root, 'statemachines'));
    },
  });
}

let templates: ReadonlyMap<string, Template> | undefined;

/** The templates of every environment, by the name of the stack: made once for the files of a worker, which only read them. */
export function synthesizeAll(): ReadonlyMap<string, Template> {
  templates ??= inTemporaryFolder((folder) => {
    const { stacks } = appOf(environments, folder).synth();
    return new Map(stacks.map((stack) => [stack.stackName, stack.template]));
  });
  return templates;
}

/** Runs what writes an assembly that nobody needs afterwards. */
export function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-synth-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The resources of one type, by logical id. */
export function resourcesOf(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The one resource of a type that is there once. */
export function onlyOf(template: Template, type: string): Resource {
  const [found, ...others] = resourcesOf(template, type);
  if (found === undefined || others.length > 0) throw new Error(`not exactly one ${type}`);
  return found[1];
}
