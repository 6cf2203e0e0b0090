import { createHash } from 'node:crypto';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BundleFile, bundleTogether } from '../../cdk/constructs/bundled-code.ts';
import { DUCKDB_HANDLERS, HANDLERS } from '../../cdk/constructs/handlers.ts';
import { duckDbBinding } from '../../cdk/constructs/native-binding.ts';
import { environments } from '../../cdk/environments.ts';
import { appOf, inTemporaryFolder, root } from './synthesized.ts';

/** A bundle is read and compiled at every cold start: 800 KB of it cost some 50 ms. */
const BUNDLE_BYTES_MAX = 800_000;
/** The collector's senders wait for its cold starts. Judging events by the shop's own suites is 8 KB of it. */
const COLLECT_BYTES_MAX = 500 * 1024;
/** Mails wait for its cold starts. No client of the SDK fits in: one is 130 KB. */
const SERVING_BYTES_MAX = 320_000;
/** The same, and the engine of templates. */
const BLOCKS_BYTES_MAX = 410_000;
/** Whoever clicked waits for its cold starts; it has the SDK's client of Kinesis. */
const CLICK_BYTES_MAX = 380_000;
/** It starts once a minute and nobody waits for it; its HTTP client and the drivers of databases are most of it. */
const PULL_BYTES_MAX = 1_800_000;
/** Nobody waits for it at night, and DuckDB beside it has seventy megabytes. */
const AUDIT_BYTES_MAX = 900_000;
/** The same, and the distributions of statistics. */
const ANALYSE_BYTES_MAX = 950_000;
/** Nobody waits for it but an image in a mail: its renderer and two fonts, as base64, are most of it. */
const OPEN_TIME_BYTES_MAX = 7_000_000;
/** Nobody waits for it but whoever exports the lists of all customers, which takes minutes. */
const EXPORT_BYTES_MAX = 850_000;
const bytesMax: Readonly<Record<string, number>> = {
  'lambdas/ingest/collect.ts': COLLECT_BYTES_MAX,
  'lambdas/api/serve.ts': SERVING_BYTES_MAX,
  'lambdas/api/serve-blocks.ts': BLOCKS_BYTES_MAX,
  'lambdas/api/click.ts': CLICK_BYTES_MAX,
  'lambdas/ingest/pull.ts': PULL_BYTES_MAX,
  'lambdas/enrich/audit.ts': AUDIT_BYTES_MAX,
  'lambdas/recommend/snapshot.ts': AUDIT_BYTES_MAX,
  'lambdas/recommend/analyse.ts': ANALYSE_BYTES_MAX,
  'lambdas/api/open-time.ts': OPEN_TIME_BYTES_MAX,
  'lambdas/recommend/export-lists-step.ts': EXPORT_BYTES_MAX,
};

/** What the runtime has by itself. */
const builtIn = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** All bundles, by the handler's file, made in an order of the handlers. */
function allBundles(ordered: (entries: string[]) => string[]) {
  const files = (entries: readonly string[]) => ordered(entries.map((entry) => join(root, entry)));
  return new Map([
    ...bundleTogether(files(HANDLERS), root),
    ...bundleTogether(files(DUCKDB_HANDLERS), root, duckDbBinding),
  ]);
}
const digests = (files: readonly BundleFile[]) =>
  files.map(({ name, contents }) => [name, createHash('sha256').update(contents).digest('hex')]);
const bundles = allBundles((entries) => entries);
const bundlesAgain = allBundles((entries) => entries.toReversed());

it('the handlers that are bundled together are those of all functions', () => {
  const asked: Record<string, boolean> = {};
  inTemporaryFolder((folder) =>
    appOf({ dev: environments.dev }, folder, (entryFile, native) => {
      asked[entryFile] = native !== undefined;
    }),
  );
  const listed = [
    ...HANDLERS.map((entry) => [join(root, entry), false]),
    ...DUCKDB_HANDLERS.map((entry) => [join(root, entry), true]),
  ];
  expect(asked).toEqual(Object.fromEntries(listed));
});

describe.each([...HANDLERS, ...DUCKDB_HANDLERS])('the bundle of %s', (entry) => {
  const files = bundles.get(join(root, entry)) ?? [];
  const text = (name: string) =>
    Buffer.from(files.find((file) => file.name === name)?.contents ?? []).toString('utf8');
  const code = text('index.mjs');

  it('is one ES module with its source map, small, that exports the handler', () => {
    expect(files.map(({ name }) => name).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    expect(code).toMatch(/export\{[^}]*\bas handler\b/);
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(bytesMax[entry] ?? BUNDLE_BYTES_MAX);
  });

  it('imports nothing that the runtime does not have, the SDK included', () => {
    const imported = [...code.matchAll(/(?:^|[;}])import(?:[\w*{}\s,$]+from)?\s*"([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    );
    expect(imported.filter((name) => !builtIn.has(name))).toEqual([]);
  });

  it('depends on the sources alone: no path of this machine, the same every time and in any company', () => {
    const map = JSON.parse(text('index.mjs.map'));
    expect(map.sources).toContain(`../../${entry}`);
    expect(map.sourcesContent ?? []).toEqual([]);
    expect(text('index.mjs.map') + code).not.toContain(root);
    expect(digests(bundlesAgain.get(join(root, entry)) ?? [])).toEqual(digests(files));
  });
});
