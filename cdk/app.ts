/**
 * Synthesizes the templates: `node cdk/app.ts [-c env=dev|staging|prod|all] [--output <dir>] [--quiet]`, and the same
 * under the CDK's command line (`npx cdk synth -c env=dev`), which reads cdk.json.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environments } from './environments.ts';
import { kindredApp } from './kindred-app.ts';
import { parseSynthesisOptions, type SynthesisOptions } from './synthesis-options.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  synthesize(parseSynthesisOptions(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(
    `kindred synth: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}

function synthesize(options: SynthesisOptions): void {
  const app = kindredApp({
    environments: Object.fromEntries(
      options.environments.map((name) => [name, environments[name]]),
    ),
    root,
    outputDirectory: options.outputDirectory ?? join(root, 'cdk.out'),
    context: { ...contextOfCdkJson(), ...options.context },
  });
  const assembly = app.synth();
  if (options.quiet) return;
  for (const stack of assembly.stacks) {
    process.stdout.write(
      `${stack.stackName}  ${resolve(assembly.directory, stack.templateFile)}\n`,
    );
  }
}

/** The CDK's command line passes cdk.json's context itself; run directly, it has to be read. */
function contextOfCdkJson(): Record<string, unknown> {
  if (process.env.CDK_CONTEXT_JSON !== undefined) return {};
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  return context;
}
