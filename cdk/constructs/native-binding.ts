import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Architecture } from 'aws-cdk-lib/aws-lambda';

/**
 * A native module that a function needs: a package a processor, of which npm installs only the one for
 * the machine it runs on. esbuild can't bundle it, so that its folder goes into the asset as it is.
 */
export interface NativeBinding {
  /** What the code asks for; esbuild leaves it alone. */
  readonly external: string;
  /** The package for an operating system and a processor. */
  readonly packageFor: (platform: string, processor: string) => string;
  readonly version: string;
  /** Where it runs. */
  readonly architecture: Architecture;
}

/**
 * DuckDB's, for audits and snapshots. On x86_64, unlike the other functions: a build machine mostly is, and then
 * `npm ci` alone brings the binding that runs in Lambda.
 */
export const duckDbBinding: NativeBinding = {
  external: '@duckdb/node-bindings-*',
  packageFor: (platform, processor) => `@duckdb/node-bindings-${platform}-${processor}`,
  version: '1.5.5-r.5',
  architecture: Architecture.X86_64,
};

/** Lambda's own, unpacked, for all of a function: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const FUNCTION_BYTES_MAX = 250 * 1024 * 1024;

/**
 * Copies the bindings into a bundle's folder: Lambda's, and this machine's where that is another, so that the
 * local cloud runs the same folder. Says what to install where Lambda's is not there.
 */
export function copyBinding(binding: NativeBinding, folder: string, root: string): void {
  const own = binding.packageFor(process.platform, process.arch);
  for (const name of new Set([lambdaPackage(binding), own])) {
    const from = join(root, 'node_modules', name);
    if (!existsSync(from)) continue;
    const to = join(folder, 'node_modules', name);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to, { recursive: true });
  }
}

/** What is to be done before a deployment; nothing where the binding is there. */
export function missingBinding(binding: NativeBinding, root: string): string | undefined {
  const name = lambdaPackage(binding);
  if (existsSync(join(root, 'node_modules', name))) return undefined;
  const processor = processorOf(binding);
  return `Audits and snapshots need ${name}, which npm did not install for this machine. Before you deploy: npm install --no-save --force --os=linux --cpu=${processor} ${name}@${binding.version}`;
}

function lambdaPackage(binding: NativeBinding): string {
  return binding.packageFor('linux', processorOf(binding));
}

function processorOf({ architecture }: NativeBinding): string {
  return architecture === Architecture.ARM_64 ? 'arm64' : 'x64';
}
