import { join, relative } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

/**
 * Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module lacks.
 */
const REQUIRE_BANNER =
  "import{createRequire as kindredCreateRequire}from'node:module';const require=kindredCreateRequire(import.meta.url);";

/**
 * One handler with everything it imports, the AWS SDK included, as a single minified ES module
 * `index.mjs` with its source map. esbuild runs in this process: nine functions bundle in the time
 * that one child process of the package manager takes to start, and Docker is never asked for.
 */
export function bundledCode(entryFile: string, root: string): Code {
  return Code.fromAsset(join(root, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Required by the type; never pulled, as the local bundling either succeeds or throws.
      image: DockerImage.fromRegistry('docker-is-not-used'),
      // Makes the cache of bundles, which is shared by the environments, tell the functions apart.
      environment: { ENTRY: relative(root, entryFile) },
      local: {
        tryBundle(outputDirectory: string): boolean {
          bundle(entryFile, join(outputDirectory, 'index.mjs'), root);
          return true;
        },
      },
    },
  });
}

/** Writes the bundle of `entryFile` to `outfile`, and its source map beside it. */
export function bundle(entryFile: string, outfile: string, root: string): void {
  buildSync({
    entryPoints: [entryFile],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: false,
    sourcemap: true,
    // The map's own copy of the sources would triple the upload; names and lines are enough.
    sourcesContent: false,
    banner: { js: REQUIRE_BANNER },
    logLevel: 'error',
  });
}
