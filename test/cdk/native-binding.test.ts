import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Architecture, Code } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../cdk/constructs/bundled-code.ts';
import {
  copyBinding,
  duckDbBinding,
  FUNCTION_BYTES_MAX,
  missingBinding,
} from '../../cdk/constructs/native-binding.ts';
import { NodeFunction } from '../../cdk/constructs/node-function.ts';
import { environments } from '../../cdk/environments.ts';
import { root } from './synthesized.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-native-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function bytesIn(path: string): number {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce(
    (sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size,
    0,
  );
}

describe('the audit’s bundle brings DuckDB’s binding', () => {
  it('and runs from its own folder, within what a function may have', async () => {
    const entry = join(folder, 'entry.ts');
    const database = join(root, 'adapters/duckdb/audit-database.ts');
    writeFileSync(entry, `export { AuditDatabase } from ${JSON.stringify(database)};`);
    const target = join(folder, 'asset');
    mkdirSync(target);
    for (const { name, contents } of bundle(entry, root, duckDbBinding)) {
      writeFileSync(join(target, name), contents);
    }
    copyBinding(duckDbBinding, target, root);
    const { AuditDatabase } = await import(pathToFileURL(join(target, 'index.mjs')).href);
    const options = { memoryMb: 128, threads: 1, folder, folderMb: 10 };
    const opened = await AuditDatabase.open(options);
    expect(await opened.rows('SELECT 40 + 2 AS answer')).toEqual([{ answer: 42 }]);
    opened.close();
    // Both bindings are copied where this machine is another than Lambda's.
    expect(bytesIn(target)).toBeLessThan(FUNCTION_BYTES_MAX);
  });

  it('of the version that is installed', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(dependencies['@duckdb/node-api']).toBe(duckDbBinding.version);
  });
});

describe('where Lambda’s binding is not installed', () => {
  const elsewhere = { ...duckDbBinding, architecture: Architecture.ARM_64 };
  const lacks = !existsSync(join(root, 'node_modules/@duckdb/node-bindings-linux-arm64'));

  it.runIf(lacks)('it is said what to install, and the deployment is refused', () => {
    expect(missingBinding(elsewhere, root)).toMatch(
      /Before you deploy: npm install --no-save --force --os=linux --cpu=arm64 @duckdb\/node-bindings-linux-arm64@/,
    );
    const stack = new Stack(new App(), 'Test');
    new NodeFunction(stack, 'Audit', {
      defaults: {
        environmentName: 'dev',
        environment: environments.dev,
        root,
        code: () => Code.fromAsset(join(root, 'statemachines')),
      },
      entry: 'lambdas/enrich/audit.ts',
      description: 'audits',
      memoryMb: 512,
      timeout: Duration.minutes(1),
      variables: {},
      permissions: [],
      native: elsewhere,
    });
    Annotations.fromStack(stack).hasError('/Test/Audit', Match.stringLikeRegexp('npm install'));
  });

  it('nothing is said where it is', () => {
    const isThere = existsSync(join(root, 'node_modules/@duckdb/node-bindings-linux-x64'));
    expect(missingBinding(duckDbBinding, root) === undefined).toBe(isThere);
  });
});
