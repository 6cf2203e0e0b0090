import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeFolders, violationOf } from './import-rules.ts';
import { importsOf, sourceFiles } from './imports-of.ts';

const repository = join(import.meta.dirname, '../..');

describe('the import rules', () => {
  it('hold in the repository', async () => {
    const files = await sourceFiles(repository, codeFolders);
    const imports = await importsOf(repository, files);
    // A check that sees no imports would pass for ever.
    expect(imports.length).toBeGreaterThan(files.length / 2);
    const violations = imports.flatMap((one) => violationOf(one) ?? []);
    if (violations.length > 0) throw new Error(`\n${violations.join('\n')}`);
  });
});

describe('a violation is found', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'import-rules-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  /** Writes one file and gives what is said of its imports. */
  async function violations(path: string, source: string): Promise<string[]> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), source);
    return (await importsOf(root, [path])).flatMap((one) => violationOf(one) ?? []);
  }

  it.each<[rule: string, path: string, source: string, said: string]>([
    [
      'core reaches up its flow',
      'core/events/a.ts',
      "import { p } from '../profile/p.ts';\nexport const a = p;",
      'only down the flow',
    ],
    [
      'core reaches up with a type',
      'core/events/b.ts',
      "import type { P } from '../profile/p.ts';\nexport type B = P;",
      'only down the flow',
    ],
    [
      'core reaches up with an inline type',
      'core/events/c.ts',
      "import { type P } from '../profile/p.ts';\nexport type C = P;",
      'only down the flow',
    ],
    [
      'core reaches up with an unused import',
      'core/events/d.ts',
      "import { p } from '../profile/p.ts';",
      'only down the flow',
    ],
    [
      'core reaches up with an export',
      'core/events/e.ts',
      "export type { P } from '../profile/p.ts';",
      'only down the flow',
    ],
    [
      'core reaches up with an import type',
      'core/events/f.ts',
      "export type F = import('../profile/p.ts').P;",
      'only down the flow',
    ],
    [
      'core reaches up with a dynamic import',
      'core/events/g.ts',
      "export const g = () => import('../profile/p.ts');",
      'only down the flow',
    ],
    [
      'core has a folder without a place',
      'core/money/a.ts',
      "import '../events/a.ts';",
      'needs its place',
    ],
    ['core imports the SDK', 'core/events/h.ts', "import '@aws-sdk/client-s3';", 'of packages'],
    [
      'core imports the file system',
      'core/events/i.ts',
      "import { readFile } from 'node:fs/promises';\nexport const i = readFile;",
      'of packages',
    ],
    [
      'core imports an adapter',
      'core/events/j.ts',
      "import '../../adapters/s3/a.ts';",
      'core may import kernels',
    ],
    [
      'core beside training uses a kernel',
      'core/blocks/a.ts',
      "import '../../kernels/a.ts';",
      'may use the kernels',
    ],
    [
      'a kernel imports core',
      'kernels/a.ts',
      "import '../core/events/a.ts';",
      'kernels may import no other folder',
    ],
    [
      'an adapter imports a handler',
      'adapters/s3/a.ts',
      "import '../../lambdas/api/serve.ts';",
      'adapters may import core',
    ],
    [
      'a handler imports the local cloud',
      'lambdas/api/a.ts',
      "import '../../local/cloud.ts';",
      'lambdas may import',
    ],
    [
      'a handler imports the app',
      'lambdas/api/b.ts',
      "import '../../cdk/app.ts';",
      'lambdas may import',
    ],
    [
      'the app imports a handler',
      'cdk/a.ts',
      "import '../lambdas/api/serve.ts';",
      'cdk may import',
    ],
    [
      'the app imports the local cloud',
      'cdk/b.ts',
      "import '../local/cloud.ts';",
      'cdk may import',
    ],
    [
      'the local cloud imports a handler',
      'local/a.ts',
      "import '../lambdas/api/serve.ts';",
      'local may import',
    ],
    [
      'the local cloud imports the app',
      'local/b.ts',
      "import '../cdk/app.ts';",
      'local may import',
    ],
    [
      'the local cloud imports the domain',
      'local/c.ts',
      "import '../core/events/a.ts';",
      'local may import',
    ],
    [
      'the command line imports a handler',
      'cli/a.ts',
      "import '../lambdas/api/serve.ts';",
      'cli may import',
    ],
    [
      'the command line imports a test',
      'cli/b.ts',
      "import '../test/support/a.ts';",
      'cli may import',
    ],
    [
      'a benchmark imports a test',
      'bench/a.ts',
      "import '../test/support/a.ts';",
      'bench may import',
    ],
    [
      'a test imports a benchmark',
      'test/unit/a.ts',
      "import '../../bench/a.ts';",
      'test may import',
    ],
  ])('where %s', async (_, path, source, said) => {
    expect(await violations(path, source)).toEqual([
      expect.stringMatching(new RegExp(`^${path} imports .*${said}`)),
    ]);
  });

  it.each<[rule: string, path: string, source: string]>([
    [
      'core goes down its flow',
      'core/profile/ok.ts',
      "import type { E } from '../events/e.ts';\nexport type P = E;",
    ],
    ['core uses schemas and hashing', 'core/events/ok.ts', "import 'zod';\nimport 'node:crypto';"],
    ['training uses a kernel', 'core/training/ok.ts', "import '../../kernels/a.ts';"],
    [
      'a handler wires',
      'lambdas/api/ok.ts',
      "import '../../core/events/a.ts';\nimport '../../adapters/s3/a.ts';\nimport '@aws-sdk/client-s3';",
    ],
    ['the command line starts the local cloud', 'cli/ok.ts', "import '../local/cloud.ts';"],
  ])('but not where %s', async (_, path, source) => {
    expect(await violations(path, source)).toEqual([]);
  });
});
