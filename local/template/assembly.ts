import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { parseTemplate, type Template } from './template.ts';
import { TemplateError } from './template-error.ts';

/** A stack of the assembly with what it needs from this machine's disk. */
export interface StackTemplate {
  /** Physical name: what CloudFormation would call the stack. */
  readonly name: string;
  readonly template: Template;
  /** File or folder of each asset by the object key that the template names, e.g. `<hash>.zip`. */
  readonly assets: ReadonlyMap<string, string>;
  /** Undefined when the stack takes the region of whoever deploys. */
  readonly region: string | undefined;
}

const manifest = z.looseObject({
  artifacts: z
    .record(
      z.string(),
      z.looseObject({
        type: z.string(),
        environment: z.string().optional(),
        dependencies: z.array(z.string()).default([]),
        properties: z
          .looseObject({
            templateFile: z.string().optional(),
            stackName: z.string().optional(),
            directoryName: z.string().optional(),
            file: z.string().optional(),
          })
          .default({}),
      }),
    )
    .default({}),
});
type Manifest = z.infer<typeof manifest>;
type Artifact = Manifest['artifacts'][string];

const assetManifest = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })),
      }),
    )
    .default({}),
  dockerImages: z.record(z.string(), z.unknown()).default({}),
});

/**
 * Reads what `cdk synth` wrote: every stack, those of nested stages included, each after the stacks
 * it depends on.
 * Source: https://github.com/aws/aws-cdk/tree/main/packages/aws-cdk-lib/cloud-assembly-schema
 */
export function readAssembly(directory: string): StackTemplate[] {
  const root = resolve(directory);
  const { artifacts } = readJson(join(root, 'manifest.json'), manifest);
  const stacks: StackTemplate[] = [];
  const visited = new Set<string>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (artifact === undefined || visited.has(id)) return;
    visited.add(id);
    for (const dependency of artifact.dependencies) visit(dependency);
    stacks.push(...stacksOf(root, id, artifact, artifacts));
  };
  for (const id of Object.keys(artifacts)) visit(id);
  if (stacks.length === 0) {
    throw new TemplateError(`${root} holds no stack. Synthesize the app with \`npm run synth\`.`);
  }
  return stacks;
}

function stacksOf(
  root: string,
  id: string,
  artifact: Artifact,
  artifacts: Manifest['artifacts'],
): StackTemplate[] {
  const { properties, type } = artifact;
  if (type === 'cdk:cloud-assembly')
    return readAssembly(join(root, properties.directoryName ?? id));
  if (type !== 'aws:cloudformation:stack') return [];
  const templateFile = join(root, properties.templateFile ?? `${id}.template.json`);
  const assets = new Map<string, string>();
  for (const dependency of artifact.dependencies) {
    const other = artifacts[dependency];
    if (other?.type !== 'cdk:asset-manifest' || other.properties.file === undefined) continue;
    addAssets(root, join(root, other.properties.file), assets);
  }
  return [
    {
      name: properties.stackName ?? id,
      template: parseTemplate(readJson(templateFile, z.unknown()), templateFile),
      assets,
      region: regionOf(artifact.environment),
    },
  ];
}

function addAssets(root: string, file: string, assets: Map<string, string>): void {
  const { files, dockerImages } = readJson(file, assetManifest);
  if (Object.keys(dockerImages).length > 0) {
    throw new TemplateError(`${file} names Docker images, which the local cloud cannot run.`);
  }
  for (const { source, destinations } of Object.values(files)) {
    if (source.path === undefined) {
      throw new TemplateError(`${file} has an asset built by a command at deployment.`);
    }
    for (const { objectKey } of Object.values(destinations)) {
      assets.set(objectKey, resolve(root, source.path));
    }
  }
}

/** `aws://<account>/<region>`, with `unknown-region` for a stack that goes anywhere. */
function regionOf(environment: string | undefined): string | undefined {
  const region = environment?.split('/').at(-1);
  return region === undefined || region === 'unknown-region' ? undefined : region;
}

function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new TemplateError(`${file} ${reason}. Synthesize the app with \`npm run synth\`.`);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`${file} has an unknown form: ${z.prettifyError(parsed.error)}`);
}
