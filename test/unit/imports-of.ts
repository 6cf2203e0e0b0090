import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** One import: `from` a file, `to` a file of the repository (by its path) or a package (by its name). */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isPackage: boolean;
}

/** Every TypeScript file below these folders of a root; a folder that isn't there has none. */
export async function sourceFiles(root: string, folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true }).catch(() => []);
      return entries
        .map((entry) => posix.join(folder, entry.replaceAll('\\', '/')))
        .filter((path) => /\.m?ts$/.test(path) && !path.includes('node_modules'));
    }),
  );
  return found.flat().sort();
}

/**
 * The imports of TypeScript files, types' included: a type is as much of a dependency as a value.
 * esbuild parses them; TypeScript 7 has no compiler API for JavaScript, and dependency-cruiser without
 * one sees no TypeScript file at all and passes.
 */
export async function importsOf(root: string, files: readonly string[]): Promise<Import[]> {
  const imports = new Map<string, Import>();
  const record = (importer: string, specifier: string) => {
    const from = posix.normalize(importer);
    const isPackage = !specifier.startsWith('.');
    const to = isPackage ? specifier : posix.normalize(posix.join(posix.dirname(from), specifier));
    imports.set(`${from} ${to}`, { from, to, isPackage });
  };
  const recorder: Plugin = {
    name: 'record-imports',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ kind, path, importer }) => {
        if (kind === 'entry-point') return { path, namespace: 'source' };
        record(importer, path);
        return { path, external: true };
      });
      onLoad({ filter: /.*/, namespace: 'source' }, async ({ path }) => {
        const text = await readFile(join(root, path), 'utf8');
        // Types in `import('…').Type` are erased before esbuild resolves anything.
        for (const [, specifier = ''] of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)) {
          record(path, specifier);
        }
        return { contents: withTypesAsValues(text), loader: 'ts' };
      });
    },
  };
  await build({
    entryPoints: [...files],
    outdir: 'nowhere',
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [recorder],
  });
  return [...imports.values()];
}

/** `import type` and `export type … from` stay in the output once they look like values. */
function withTypesAsValues(text: string): string {
  return text
    .replace(/^(\s*import)\s+type\s+(?=[\w{*])/gm, '$1 ')
    .replace(/^(\s*export)\s+type\s+(?=[{*])/gm, '$1 ');
}
